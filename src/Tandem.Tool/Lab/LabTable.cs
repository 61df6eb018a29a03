using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab;

/// <summary>A table of figures.</summary>
/// <param name="Title">The title.</param>
/// <param name="Columns">The column headers. The first column is a name; the others are figures with their unit.</param>
internal sealed record LabTable(string Title, string[] Columns)
{
    internal List<string[]> Rows { get; } = [];

    internal LabTable Row(params string[] cells)
    {
        Rows.Add(cells);
        return this;
    }

    internal DataTable ToHtml() => Rows.Aggregate(new DataTable(Columns), static (table, row) => table.Row(row));
}
