using System.Data;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// Tables and sets of tables: schema, rows with their states and original values, constraints, relations. A table that belongs to a set
/// is serialized with the set, because it refers to the set.
/// </summary>
internal static class DataShapes
{
    private static readonly PropertyInfo? RowPredicate =
        typeof(DataView).GetProperty("RowPredicate", BindingFlags.Instance | BindingFlags.NonPublic);

    internal static Shape Set() => new ValueShape<DataSet>(static (writer, set) => DataSetWriter.Write(writer, set), DataSetReader.ReadSet);

    internal static Shape Table() => new ValueShape<DataTable>(
        static (writer, table) =>
        {
            Codec<DataSet?>.Instance.Write(writer, table.DataSet);
            if (table.DataSet is { } set)
                writer.Write(set.Tables.IndexOf(table));
            else
                DataSetWriter.Write(writer, table);
        },
        static reader =>
        {
            if (Codec<DataSet?>.Instance.Read(reader) is { } set)
                return set.Tables[reader.ReadInt32()];

            DataTable table = DataSetReader.ReadTable(reader, null);
            DataSetReader.ReadConstraints(reader, [table]);
            DataSetReader.ReadExpressions(reader, [table]);
            return table;
        });

    internal static Shape Row() => new ValueShape<DataRow>(
        static (writer, row) =>
        {
            if (row.RowState == DataRowState.Detached)
            {
                throw new WorkSerializationException(
                    "a DataRow that is in no table cannot be serialized; pass its ItemArray, or add it to its table");
            }

            Codec<DataTable>.Instance.Write(writer, row.Table);
            writer.Write(row.Table.Rows.IndexOf(row));
        },
        static reader =>
        {
            DataTable table = Codec<DataTable>.Instance.Read(reader);
            return table.Rows[reader.ReadInt32()];
        });

    internal static Shape View() => new ValueShape<DataView>(
        static (writer, view) =>
        {
            if (view.Table is not { } table)
                throw new WorkSerializationException("a DataView without a table cannot be serialized");

            if (RowPredicate is null || RowPredicate.GetValue(view) is not null)
                throw new WorkSerializationException("a DataView that filters with a delegate cannot be serialized; use RowFilter");

            Codec<DataTable>.Instance.Write(writer, table);
            writer.Write(ReferenceEquals(view, table.DefaultView));
            writer.WriteString(view.RowFilter);
            writer.WriteString(view.Sort);
            writer.Write((int)view.RowStateFilter);
            writer.Write(view.ApplyDefaultSort);
            writer.Write(view.AllowDelete);
            writer.Write(view.AllowEdit);
            writer.Write(view.AllowNew);
        },
        static reader =>
        {
            DataTable table = Codec<DataTable>.Instance.Read(reader);
            DataView view = reader.Read<byte>() != 0 ? table.DefaultView : new DataView(table);
            view.RowFilter = reader.ReadString();
            view.Sort = reader.ReadString();
            view.RowStateFilter = (DataViewRowState)reader.ReadInt32();
            bool applyDefaultSort = reader.Read<byte>() != 0;
            if (applyDefaultSort)
                view.ApplyDefaultSort = true;

            view.AllowDelete = reader.Read<byte>() != 0;
            view.AllowEdit = reader.Read<byte>() != 0;
            view.AllowNew = reader.Read<byte>() != 0;
            return view;
        });

    internal static Shape RowView() => new ValueShape<DataRowView>(
        static (writer, row) =>
        {
            int index = -1;
            for (int i = 0; i < row.DataView.Count && index < 0; i++)
                index = Equals(row.DataView[i], row) ? i : -1;

            if (index < 0)
                throw new WorkSerializationException("a DataRowView that is no longer in its view cannot be serialized; pass its Row");

            Codec<DataView>.Instance.Write(writer, row.DataView);
            writer.Write(index);
        },
        static reader =>
        {
            DataView view = Codec<DataView>.Instance.Read(reader);
            return view[reader.ReadInt32()];
        });
}
