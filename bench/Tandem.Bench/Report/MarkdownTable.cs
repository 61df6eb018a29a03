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
        for (int i = 0; i < _rows.Count; i++)
        {
            // The first column names the row; the others are figures.
            text.Append("| ").AppendJoin(" | ", _rows[i].Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).Append(" |\n");
            if (i == 0)
                text.Append("| ").AppendJoin(" | ", widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ':')).Append(" |\n");
        }

        return text.ToString();
    }
}
