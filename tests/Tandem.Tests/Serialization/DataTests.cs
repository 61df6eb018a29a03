using System.Data;
using System.Globalization;

namespace Tandem.Tests.Serialization;

/// <summary>Tables of System.Data.</summary>
public class DataTests
{
    internal static DataSet Orders()
    {
        var set = new DataSet("Shop") { Locale = CultureInfo.InvariantCulture, CaseSensitive = true };
        set.ExtendedProperties["version"] = 3;
        DataTable orders = set.Tables.Add("Orders");
        DataColumn id = orders.Columns.Add("Id", typeof(int));
        id.AutoIncrement = true;
        id.AutoIncrementSeed = 10;
        orders.Columns.Add("Customer", typeof(string)).MaxLength = 20;
        orders.Columns.Add("Placed", typeof(DateTimeOffset)).AllowDBNull = true;
        orders.Columns.Add("Any", typeof(object)).DefaultValue = "none";
        orders.PrimaryKey = [id];
        DataTable lines = set.Tables.Add("Lines");
        lines.Columns.Add("OrderId", typeof(int));
        lines.Columns.Add("Price", typeof(decimal)).ReadOnly = false;
        lines.Columns.Add("Count", typeof(int));
        lines.Columns.Add("Total", typeof(decimal), "Price * Count");
        DataRelation relation = set.Relations.Add("OrderLines", id, lines.Columns["OrderId"]!);
        relation.ChildKeyConstraint!.DeleteRule = Rule.Cascade;
        orders.Columns.Add("Sum", typeof(decimal), "Sum(Child(OrderLines).Total)");
        orders.Rows.Add(null, "Ada", DateTimeOffset.UnixEpoch, new List<int> { 1 });
        orders.Rows.Add(null, "Bob", DBNull.Value, 5);
        orders.Rows.Add(null, "Eve");
        lines.Rows.Add(10, 2.5m, 4);
        lines.Rows.Add(10, 1m, 1);
        lines.Rows.Add(11, 7m, 2);
        set.AcceptChanges();
        orders.Rows[0]["Customer"] = "Ada L.";
        orders.Rows[2].Delete();
        orders.Rows.Add(null, "New");
        orders.Rows[1].SetColumnError("Customer", "who?");
        lines.Rows[0].SetModified();
        return set;
    }

    [Fact]
    public void A_set_arrives_with_schema_rows_states_and_relations()
    {
        DataSet set = Orders();
        DataSet read = Wire.RoundTrip(set);
        Assert.Equal(Text(set), Text(read));
        Assert.Equal((set.DataSetName, set.CaseSensitive, 3), (read.DataSetName, read.CaseSensitive, read.ExtendedProperties["version"]));
        DataTable orders = read.Tables["Orders"]!;
        Assert.Equal(
            [DataRowState.Modified, DataRowState.Unchanged, DataRowState.Deleted, DataRowState.Added],
            orders.Rows.Cast<DataRow>().Select(r => r.RowState));
        Assert.Equal("Ada", orders.Rows[0]["Customer", DataRowVersion.Original]);
        Assert.Equal(11m, orders.Rows[0]["Sum"]);
        Assert.Equal("Id", Assert.Single(orders.PrimaryKey).ColumnName);
        Assert.Equal("who?", orders.Rows[1].GetColumnError("Customer"));
        Assert.Equal(2, orders.Rows[0].GetChildRows("OrderLines").Length);
        Assert.Equal(DataRowState.Modified, read.Tables["Lines"]!.Rows[0].RowState);
        Assert.Equal([1], Assert.IsType<List<int>>(orders.Rows[0]["Any"]));

        // It goes on as the other would.
        Assert.Equal(set.Tables["Orders"]!.Rows.Add(null, "Next")["Id"], orders.Rows.Add(null, "Next")["Id"]);
        Assert.Throws<InvalidConstraintException>(() => read.Tables["Lines"]!.Rows.Add(99, 1m, 1));
        orders.Rows[0].Delete();
        Assert.Equal(1, read.Tables["Lines"]!.Rows.Cast<DataRow>().Count(r => r.RowState != DataRowState.Deleted));
        read.RejectChanges();
        Assert.Equal("Ada", orders.Rows[0]["Customer"]);
        Assert.Equal(3, orders.Rows.Count);
    }

    [Fact]
    public void A_table_of_a_set_arrives_in_its_set()
    {
        DataSet set = Orders();
        (DataTable Table, DataSet Set, DataRow Row, DataView View, DataRowView RowView) read = Wire.RoundTrip(
            (set.Tables["Lines"]!, set, set.Tables["Orders"]!.Rows[1],
            new DataView(set.Tables["Lines"]!) { Sort = "Price", RowFilter = "Price < 5" }, set.Tables["Lines"]!.DefaultView[1]));
        Assert.Same(read.Set, read.Table.DataSet);
        Assert.Same(read.Set.Tables["Lines"], read.Table);
        Assert.Same(read.Set.Tables["Orders"]!.Rows[1], read.Row);
        Assert.Equal([1m, 2.5m], read.View.Cast<DataRowView>().Select(r => r["Price"]));
        Assert.Same(read.Table.DefaultView, read.RowView.DataView);
        Assert.Equal(1m, read.RowView["Price"]);
    }

    [Fact]
    public void A_table_alone_arrives()
    {
        var table = new DataTable("T", "urn:t") { Locale = CultureInfo.InvariantCulture };
        table.Columns.Add("A", typeof(string)).Unique = true;
        table.Columns.Add("B", typeof(Guid)).AllowDBNull = false;
        table.Columns.Add("C", typeof(byte[])).ReadOnly = true;
        table.Rows.Add("x", Guid.Empty, new byte[] { 1 });
        table.Rows.Add("y", Guid.NewGuid(), new byte[] { 2 });
        DataTable read = Wire.RoundTrip(table);
        Assert.Equal(Text(table), Text(read));
        Assert.Equal("urn:t", read.Namespace);
        Assert.Throws<ConstraintException>(() => read.Rows.Add("x", Guid.Empty, Array.Empty<byte>()));
        Assert.Throws<ReadOnlyException>(() => read.Rows[0]["C"] = Array.Empty<byte>());
        Assert.Throws<NoNullAllowedException>(() => read.Rows.Add("z", null, null));
        Assert.Empty(Wire.RoundTrip(new DataTable()).TableName);
        Assert.Equal(2, Wire.RoundTrip<object>(table) is DataTable again ? again.Rows.Count : 0);
    }

    [Fact]
    public void What_is_tied_to_a_table_otherwise_is_refused_with_advice()
    {
        var table = new DataTable("T");
        table.Columns.Add("A", typeof(object));
        Assert.Contains("pass the DataTable", Wire.Refused(table.Columns[0]).Message, StringComparison.Ordinal);
        Assert.Contains("is in no table", Wire.Refused(table.NewRow()).Message, StringComparison.Ordinal);
        using var stream = new Infrastructure.LocalMemoryStream();
        table.Rows.Add(stream);
        Assert.Equal(".Rows[0][A]", Wire.Refused(table).Path);
        table.Rows.Clear();
        table.RowChanged += (_, _) => { };
        Assert.Contains("event handlers", Wire.Refused(table).Message, StringComparison.Ordinal);
        Assert.Contains("has a class of its own", Wire.Refused(new Typed()).Message, StringComparison.Ordinal);
    }

    private static string Text(DataSet set) => string.Join('\n', set.Tables.Cast<DataTable>().Select(Text));

    private static string Text(DataTable table)
    {
        var lines = new List<string> { $"{table.TableName} {table.Namespace} {table.CaseSensitive} {table.Constraints.Count}" };
        lines.AddRange(table.Columns.Cast<DataColumn>().Select(c => string.Create(
            CultureInfo.InvariantCulture,
            $"{c.ColumnName} {c.DataType} {c.Caption} {c.Expression} {c.AllowDBNull} {c.ReadOnly} {c.Unique} {c.MaxLength} {c.DefaultValue} {c.AutoIncrement} {c.AutoIncrementSeed}")));
        lines.AddRange(table.Constraints.Cast<Constraint>().Select(c => $"{c.ConstraintName} {c.GetType().Name}"));
        foreach (DataRow row in table.Rows)
        {
            DataRowVersion version = row.RowState == DataRowState.Deleted ? DataRowVersion.Original : DataRowVersion.Current;
            lines.Add($"{row.RowState} {string.Join(',', table.Columns.Cast<DataColumn>().Select(c => string.Create(CultureInfo.InvariantCulture, $"{row[c, version]}")))}");
        }

        return string.Join('\n', lines);
    }

    private sealed class Typed : DataTable;
}
