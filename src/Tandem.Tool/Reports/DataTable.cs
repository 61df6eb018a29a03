using System.Text;

namespace Tandem.Tool.Reports;

/// <summary>An HTML table of figures.</summary>
internal sealed class DataTable(params string[] columns)
{
    private readonly StringBuilder _rows = new();

    internal DataTable Row(IEnumerable<string> cells, bool isChosen = false)
    {
        _rows.Append(isChosen ? "<tr class=\"chosen\">" : "<tr>");
        foreach (string cell in cells)
            _rows.Append("<td>").Append(Svg.Escape(cell)).Append("</td>");

        _rows.Append("</tr>\n");
        return this;
    }

    public override string ToString() =>
        "<div class=\"scroll\"><table>\n<thead><tr>"
            + $"{string.Concat(columns.Select(static column => $"<th>{Svg.Escape(column)}</th>"))}</tr></thead>\n"
            + $"<tbody>\n{_rows}</tbody>\n</table></div>\n";
}
