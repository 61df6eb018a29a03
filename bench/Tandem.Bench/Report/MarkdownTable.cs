using System.Text;

namespace Tandem.Bench.Report;

/// <summary>A Markdown table whose columns are aligned, so that it reads well on a terminal too.</summary>
internal sealed class MarkdownTable(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    internal void Add(params string[] cells) => _rows.Add(cells);

    internal string Render()
    {
        int[] widths = [.. Enumerable.Range(0, _rows[0].Length).Select(column => Math.Max(3, _rows.Max(row => row[column].Length)))];
        var text = new StringBuilder();
        // The first column names the row; the others are figures.
        Line(_rows[0].Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column])));
        Line(widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ':'));
        foreach (string[] row in _rows.Skip(1))
            Line(row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column])));

        return text.ToString();

        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }
}
