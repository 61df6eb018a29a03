using System.Globalization;
using System.Net;
using System.Text;

namespace Tandem.Tool.Top.View;

/// <summary>Draws lines of the screen as an SVG picture that is readable in light and dark mode.</summary>
internal static class SvgPicture
{
    private const double CharacterWidth = 7.8;
    private const double LineHeight = 17;
    private const double Margin = 14;

    private const string Style = """
        <style>
        .page{fill:#fbfbfa;stroke:#d8d8d4} text{font:13px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#24292f;white-space:pre}
        .dim{fill:#6b7280} .bold{font-weight:bold} .title{font-weight:bold;fill:#57606a} .good{fill:#1a7f37} .warning{fill:#9a6700} .bad{fill:#cf222e} .accent{fill:#0550ae} .selected{fill:#dbe7f5}
        @media(prefers-color-scheme:dark){.page{fill:#161b22;stroke:#30363d} text{fill:#d1d9e0} .dim{fill:#8b949e} .title{fill:#9198a1} .good{fill:#3fb950} .warning{fill:#d29922} .bad{fill:#f85149} .accent{fill:#79c0ff} .selected{fill:#26364d}}
        </style>
        """;

    internal static string Draw(IReadOnlyList<ScreenLine> lines, int columns)
    {
        double width = (columns * CharacterWidth) + (2 * Margin);
        double height = (lines.Count * LineHeight) + (2 * Margin);
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""<svg xmlns="http://www.w3.org/2000/svg" width="{width:0}" height="{height:0}" viewBox="0 0 {width:0} {height:0}">""")
            .Append('\n');
        svg.Append(Style).Append('\n');
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""<rect class="page" x="0.5" y="0.5" width="{width - 1:0}" height="{height - 1:0}" rx="6"/>""")
            .Append('\n');
        for (int i = 0; i < lines.Count; i++)
            DrawLine(svg, lines[i], Margin + (i * LineHeight), width);

        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawLine(StringBuilder svg, ScreenLine line, double top, double width)
    {
        if (line.IsSelected)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"""<rect class="selected" x="1" y="{top:0.#}" width="{width - 2:0.#}" height="{LineHeight}"/>""")
                .Append('\n');
        }

        svg.Append(CultureInfo.InvariantCulture, $"""<text x="{Margin}" y="{top + 13:0.#}">""");
        int column = 0;
        foreach (Piece piece in line.Pieces)
        {
            // Each text is placed at its column, because fonts differ in width.
            int blanks = piece.Text.Length - piece.Text.TrimStart().Length;
            string text = WebUtility.HtmlEncode(piece.Text.Trim());
            if (text.Length > 0)
            {
                string look = piece.Look == Look.Plain ? "" : $" class=\"{NameOf(piece.Look)}\"";
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"""<tspan x="{Margin + ((column + blanks) * CharacterWidth):0.#}"{look}>{text}</tspan>""");
            }

            column += piece.Text.Length;
        }

        svg.Append("</text>\n");
    }

    private static string NameOf(Look look) => look switch
    {
        Look.Dim => "dim",
        Look.Bold => "bold",
        Look.Title => "title",
        Look.Good => "good",
        Look.Warning => "warning",
        Look.Bad => "bad",
        _ => "accent",
    };
}
