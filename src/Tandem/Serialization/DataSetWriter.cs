using System.Collections;
using System.Data;
using System.Globalization;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>Writes data for <see cref="DataSetReader"/>.</summary>
internal static class DataSetWriter
{
    internal static readonly PropertyInfo? NextNumber =
        typeof(DataColumn).GetProperty("AutoIncrementCurrent", BindingFlags.Instance | BindingFlags.NonPublic);

    internal static void Write(PayloadWriter writer, DataSet set)
    {
        RefuseHandlers(set, typeof(DataSet));
        writer.WriteString(set.DataSetName);
        writer.WriteString(set.Namespace);
        writer.WriteString(set.Prefix);
        writer.Write(set.CaseSensitive);
        writer.Write(set.EnforceConstraints);
        writer.Write((int)set.RemotingFormat);
        writer.Write((int)set.SchemaSerializationMode);
        Codec<CultureInfo>.Instance.Write(writer, set.Locale);
        WriteProperties(writer, set.ExtendedProperties);
        writer.Write(set.Tables.Count);
        DataTable[] tables = [.. set.Tables.Cast<DataTable>()];
        foreach (DataTable table in tables)
            WriteNamed(writer, table);

        foreach (DataTable table in tables)
            WriteConstraints(writer, table, tables);

        writer.Write(set.Relations.Count);
        foreach (DataRelation relation in set.Relations)
            WriteRelation(writer, relation, tables);

        foreach (DataTable table in tables)
            WriteExpressions(writer, table);
    }

    internal static void Write(PayloadWriter writer, DataTable table)
    {
        WriteTable(writer, table);
        WriteConstraints(writer, table, [table]);
        WriteExpressions(writer, table);
    }

    private static void WriteNamed(PayloadWriter writer, DataTable table)
    {
        try
        {
            if (table.GetType() != typeof(DataTable))
                throw new WorkSerializationException(Refusals.For(table.GetType())!);

            WriteTable(writer, table);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, $".Tables[{table.TableName}]"))
        {
            throw;
        }
    }

    private static void WriteTable(PayloadWriter writer, DataTable table)
    {
        RefuseHandlers(table, typeof(DataTable));
        writer.WriteString(table.TableName);
        writer.WriteString(table.Namespace);
        writer.WriteString(table.Prefix);
        writer.Write(table.CaseSensitive);
        writer.Write(table.MinimumCapacity);
        writer.Write((int)table.RemotingFormat);
        Codec<CultureInfo>.Instance.Write(writer, table.Locale);
        WriteProperties(writer, table.ExtendedProperties);
        writer.Write(table.Columns.Count);
        foreach (DataColumn column in table.Columns)
            WriteColumn(writer, column);

        Items.Write<bool>(writer, table.Columns.Cast<DataColumn>().Select(static c => c.Expression.Length > 0).ToArray());
        writer.Write(table.Rows.Count);
        for (int i = 0; i < table.Rows.Count; i++)
            WriteRow(writer, table.Rows[i], table, i);
    }

    private static void WriteColumn(PayloadWriter writer, DataColumn column)
    {
        try
        {
            if (column.GetType() != typeof(DataColumn))
            {
                throw new WorkSerializationException(
                    $"{TypeChecks.WithArticle(column.GetType())} is a class derived from DataColumn, which cannot be serialized");
            }

            writer.WriteString(column.ColumnName);
            TypeNames.Write(writer, column.DataType);
            writer.WriteString(column.Namespace);
            writer.WriteString(column.Prefix);
            writer.WriteString(column.Caption);
            writer.Write((int)column.ColumnMapping);
            writer.Write((int)column.DateTimeMode);
            writer.Write(column.AllowDBNull);
            writer.Write(column.ReadOnly);
            writer.Write(column.MaxLength);
            Codec<object?>.Instance.Write(writer, column.DefaultValue);
            writer.Write(column.AutoIncrement);
            writer.Write(column.AutoIncrementSeed);
            writer.Write(column.AutoIncrementStep);
            Codec<object?>.Instance.Write(writer, column.AutoIncrement ? NextNumber?.GetValue(column) : null);
            WriteProperties(writer, column.ExtendedProperties);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, $".Columns[{column.ColumnName}]"))
        {
            throw;
        }
    }

    private static void WriteRow(PayloadWriter writer, DataRow row, DataTable table, int index)
    {
        try
        {
            if (row.RowState != DataRowState.Deleted && row.HasVersion(DataRowVersion.Proposed))
                throw new WorkSerializationException("a DataRow that is being edited cannot be serialized; call EndEdit first");

            writer.Write((int)row.RowState);
            writer.WriteString(row.RowError);
            foreach (DataColumn column in table.Columns)
            {
                if (column.Expression.Length > 0)
                    continue;

                if (row.RowState != DataRowState.Added)
                    WriteValue(writer, row, column, DataRowVersion.Original);

                if (row.RowState is DataRowState.Added or DataRowState.Modified)
                    WriteValue(writer, row, column, DataRowVersion.Current);
            }

            DataColumn[] wrong = row.GetColumnsInError();
            writer.Write(wrong.Length);
            foreach (DataColumn column in wrong)
            {
                writer.Write(column.Ordinal);
                writer.WriteString(row.GetColumnError(column));
            }
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, $".Rows[{index}]"))
        {
            throw;
        }
    }

    private static void WriteValue(PayloadWriter writer, DataRow row, DataColumn column, DataRowVersion version)
    {
        try
        {
            Codec<object?>.Instance.Write(writer, row[column, version]);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, $"[{column.ColumnName}]"))
        {
            throw;
        }
    }

    private static void WriteConstraints(PayloadWriter writer, DataTable table, DataTable[] tables)
    {
        Constraint[] constraints = [.. table.Constraints.Cast<Constraint>()];

        // Unique columns come first, because keys refer to them on the other side.
        writer.Write(constraints.Length);
        foreach (Constraint constraint in constraints)
        {
            writer.WriteString(constraint.ConstraintName);
            WriteProperties(writer, constraint.ExtendedProperties);
            if (constraint is UniqueConstraint unique)
            {
                writer.Write(true);
                writer.Write(unique.IsPrimaryKey);
                WriteColumns(writer, unique.Columns);
            }
            else if (constraint is ForeignKeyConstraint key)
            {
                writer.Write(false);
                writer.Write(Array.IndexOf(tables, key.RelatedTable));
                WriteColumns(writer, key.RelatedColumns);
                WriteColumns(writer, key.Columns);
                writer.Write((int)key.AcceptRejectRule);
                writer.Write((int)key.DeleteRule);
                writer.Write((int)key.UpdateRule);
            }
            else
            {
                throw new WorkSerializationException(
                    $"{TypeChecks.WithArticle(constraint.GetType())} is a class derived from Constraint, which cannot be serialized");
            }
        }
    }

    private static void WriteRelation(PayloadWriter writer, DataRelation relation, DataTable[] tables)
    {
        writer.WriteString(relation.RelationName);
        writer.Write(Array.IndexOf(tables, relation.ParentTable));
        WriteColumns(writer, relation.ParentColumns);
        writer.Write(Array.IndexOf(tables, relation.ChildTable));
        WriteColumns(writer, relation.ChildColumns);
        writer.Write(relation.ChildKeyConstraint is not null);
        writer.Write(relation.Nested);
        WriteProperties(writer, relation.ExtendedProperties);
    }

    private static void WriteExpressions(PayloadWriter writer, DataTable table)
    {
        writer.WriteString(table.DisplayExpression);
        foreach (DataColumn column in table.Columns)
            writer.WriteString(column.Expression);
    }

    private static void WriteColumns(PayloadWriter writer, DataColumn[] columns) =>
        Items.Write<int>(writer, Array.ConvertAll(columns, static c => c.Ordinal));

    private static void WriteProperties(PayloadWriter writer, PropertyCollection properties)
    {
        var pairs = new List<KeyValuePair<object, object?>>(properties.Count);
        foreach (DictionaryEntry entry in properties)
            pairs.Add(new(entry.Key, entry.Value));

        Pairs.Write(writer, pairs);
    }

    private static void RefuseHandlers(object value, Type type)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        {
            if (typeof(Delegate).IsAssignableFrom(field.FieldType) && field.GetValue(value) is not null)
                throw new WorkSerializationException($"a {type.Name} with event handlers cannot be serialized; pass a Copy() of it");
        }
    }
}
