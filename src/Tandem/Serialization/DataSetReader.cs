using System.Data;
using System.Globalization;

namespace Tandem.Serialization;

/// <summary>Reads data that <see cref="DataSetWriter"/> wrote.</summary>
internal static class DataSetReader
{
    private const int ConstraintSize = 3 * sizeof(int);
    private const int ColumnSize = 12 * sizeof(int);

    internal static DataSet ReadSet(PayloadReader reader)
    {
        var set = new DataSet(reader.ReadString()!)
        {
            EnforceConstraints = false,
            Namespace = reader.ReadString()!,
            Prefix = reader.ReadString()!,
            CaseSensitive = ReadFlag(reader),
        };
        bool enforce = ReadFlag(reader);
        set.RemotingFormat = (SerializationFormat)reader.ReadInt32();
        set.SchemaSerializationMode = (SchemaSerializationMode)reader.ReadInt32();
        CultureInfo locale = Codec<CultureInfo>.Instance.Read(reader);

        // Once the locale is set, it no longer follows the current culture.
        if (!Equals(set.Locale, locale))
            set.Locale = locale;

        ReadProperties(reader, set.ExtendedProperties);
        var tables = new DataTable[reader.ReadCount(ColumnSize)];
        for (int i = 0; i < tables.Length; i++)
            tables[i] = ReadTable(reader, set);

        ReadConstraints(reader, tables);
        int relations = reader.ReadCount(ConstraintSize);
        for (int i = 0; i < relations; i++)
            ReadRelation(reader, set, tables);

        ReadExpressions(reader, tables);
        set.EnforceConstraints = enforce;
        return set;
    }

    /// <summary>Reads a table without its constraints, and adds it to the set, if any.</summary>
    internal static DataTable ReadTable(PayloadReader reader, DataSet? set)
    {
        string name = reader.ReadString()!;
        string space = reader.ReadString()!;
        var table = new DataTable(name) { Prefix = reader.ReadString()! };

        // Set only properties that differ: a table without its own namespace, locale or case sensitivity uses those of its set.
        if (space != (set?.Namespace ?? ""))
            table.Namespace = space;

        set?.Tables.Add(table);

        bool caseSensitive = ReadFlag(reader);
        if (table.CaseSensitive != caseSensitive)
            table.CaseSensitive = caseSensitive;

        table.MinimumCapacity = Math.Min(reader.ReadInt32(), 10_000);
        table.RemotingFormat = (SerializationFormat)reader.ReadInt32();
        CultureInfo locale = Codec<CultureInfo>.Instance.Read(reader);
        if (!Equals(table.Locale, locale))
            table.Locale = locale;

        ReadProperties(reader, table.ExtendedProperties);
        var settings = new ColumnSettings[reader.ReadCount(ColumnSize)];
        for (int i = 0; i < settings.Length; i++)
            settings[i] = ReadColumn(reader, table);

        bool[] computed = Items.Read<bool>(reader);
        int rows = reader.ReadCount(2 * sizeof(int));
        table.BeginLoadData();
        for (int i = 0; i < rows; i++)
            ReadRow(reader, table, computed);

        table.EndLoadData();
        for (int i = 0; i < settings.Length; i++)
            settings[i].Apply(table.Columns[i]);

        return table;
    }

    internal static void ReadConstraints(PayloadReader reader, DataTable[] tables)
    {
        var keys = new List<(DataTable Table, ForeignKeyConstraint Key)>();
        foreach (DataTable table in tables)
        {
            int count = reader.ReadCount(ConstraintSize);
            for (int i = 0; i < count; i++)
            {
                if (ReadConstraint(reader, table, tables) is { } key)
                    keys.Add((table, key));
            }
        }

        foreach ((DataTable table, ForeignKeyConstraint key) in keys)
            table.Constraints.Add(key);
    }

    internal static void ReadExpressions(PayloadReader reader, DataTable[] tables)
    {
        foreach (DataTable table in tables)
        {
            string display = reader.ReadString()!;
            foreach (DataColumn column in table.Columns)
            {
                string expression = reader.ReadString()!;
                if (expression.Length > 0)
                    column.Expression = expression;
            }

            if (display.Length > 0)
                table.DisplayExpression = display;

            foreach (DataRow row in table.Rows)
            {
                if (row.RowState == DataRowState.Unchanged && row.HasVersion(DataRowVersion.Proposed))
                    row.EndEdit();
            }
        }
    }

    private static ColumnSettings ReadColumn(PayloadReader reader, DataTable table)
    {
        string name = reader.ReadString()!;
        var column = new DataColumn(name, TypeNames.Read(reader));
        string space = reader.ReadString()!;
        column.Prefix = reader.ReadString()!;
        string caption = reader.ReadString()!;
        if (column.Caption != caption)
            column.Caption = caption;

        column.ColumnMapping = (MappingType)reader.ReadInt32();
        var mode = (DataSetDateTime)reader.ReadInt32();
        if (column.DateTimeMode != mode)
            column.DateTimeMode = mode;

        bool allowNull = ReadFlag(reader);
        bool readOnly = ReadFlag(reader);
        int maxLength = reader.ReadInt32();
        object? usual = Codec<object?>.Instance.Read(reader);
        bool counts = ReadFlag(reader);
        column.AutoIncrementSeed = reader.Read<long>();
        column.AutoIncrementStep = reader.Read<long>();
        object? next = Codec<object?>.Instance.Read(reader);
        ReadProperties(reader, column.ExtendedProperties);
        table.Columns.Add(column);
        if (column.Namespace != space)
            column.Namespace = space;

        if (!counts)
            column.DefaultValue = usual;

        return new ColumnSettings(allowNull, readOnly, maxLength, counts, next);
    }

    private static void ReadRow(PayloadReader reader, DataTable table, bool[] computed)
    {
        var state = (DataRowState)reader.ReadInt32();
        string error = reader.ReadString()!;
        DataRow row = table.NewRow();
        var current = new List<(DataColumn Column, object? Value)>();
        foreach (DataColumn column in table.Columns)
        {
            if (computed[column.Ordinal])
                continue;

            row[column] = Codec<object?>.Instance.Read(reader);
            if (state == DataRowState.Modified)
                current.Add((column, Codec<object?>.Instance.Read(reader)));
        }

        table.Rows.Add(row);
        if (state != DataRowState.Added)
            row.AcceptChanges();

        foreach ((DataColumn column, object? value) in current)
        {
            if (!Equals(row[column], value))
                row[column] = value;
        }

        if (state == DataRowState.Modified && row.RowState == DataRowState.Unchanged)
            row.SetModified();

        row.RowError = error;
        int wrong = reader.ReadCount(2 * sizeof(int));
        for (int i = 0; i < wrong; i++)
        {
            int column = reader.ReadInt32();
            row.SetColumnError(column, reader.ReadString());
        }

        if (state == DataRowState.Deleted)
            row.Delete();
    }

    private static ForeignKeyConstraint? ReadConstraint(PayloadReader reader, DataTable table, DataTable[] tables)
    {
        string name = reader.ReadString()!;
        var properties = new PropertyCollection();
        ReadProperties(reader, properties);
        Constraint constraint;
        if (ReadFlag(reader))
        {
            bool isPrimaryKey = ReadFlag(reader);
            constraint = new UniqueConstraint(name, ReadColumns(reader, table), isPrimaryKey);
            table.Constraints.Add(constraint);
        }
        else
        {
            DataTable parent = tables[reader.ReadInt32()];
            DataColumn[] parentColumns = ReadColumns(reader, parent);
            constraint = new ForeignKeyConstraint(name, parentColumns, ReadColumns(reader, table))
            {
                AcceptRejectRule = (AcceptRejectRule)reader.ReadInt32(),
                DeleteRule = (Rule)reader.ReadInt32(),
                UpdateRule = (Rule)reader.ReadInt32(),
            };
        }

        foreach (System.Collections.DictionaryEntry entry in properties)
            constraint.ExtendedProperties.Add(entry.Key, entry.Value);

        return constraint as ForeignKeyConstraint;
    }

    private static void ReadRelation(PayloadReader reader, DataSet set, DataTable[] tables)
    {
        string name = reader.ReadString()!;
        DataColumn[] parents = ReadColumns(reader, tables[reader.ReadInt32()]);
        DataColumn[] children = ReadColumns(reader, tables[reader.ReadInt32()]);
        bool hasConstraints = ReadFlag(reader);
        var relation = new DataRelation(name, parents, children, hasConstraints);
        bool nested = ReadFlag(reader);
        ReadProperties(reader, relation.ExtendedProperties);

        // A key with the same columns exists already and becomes the relation's key.
        set.Relations.Add(relation);
        relation.Nested = nested;
    }

    private static DataColumn[] ReadColumns(PayloadReader reader, DataTable table) =>
        Array.ConvertAll(Items.Read<int>(reader), ordinal => table.Columns[ordinal]);

    private static void ReadProperties(PayloadReader reader, PropertyCollection properties)
    {
        foreach (KeyValuePair<object, object?> pair in Pairs.Read<object, object?>(reader))
            properties.Add(pair.Key, pair.Value);
    }

    private static bool ReadFlag(PayloadReader reader) => reader.Read<byte>() != 0;

    /// <summary>Settings of a column that are applied after its rows, because they would prevent the rows from being added.</summary>
    private sealed record ColumnSettings(bool AllowNull, bool ReadOnly, int MaxLength, bool Counts, object? Next)
    {
        internal void Apply(DataColumn column)
        {
            if (Counts)
            {
                column.AutoIncrement = true;
                if (Next is not null)
                    DataSetWriter.NextNumber?.SetValue(column, Next);
            }

            column.AllowDBNull = AllowNull;
            if (MaxLength >= 0)
                column.MaxLength = MaxLength;

            column.ReadOnly = ReadOnly;
        }
    }
}
