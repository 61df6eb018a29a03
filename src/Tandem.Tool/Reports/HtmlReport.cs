using System.Text;

namespace Tandem.Tool.Reports;

/// <summary>
/// An HTML page in one file, with text, drawings and tables. It loads nothing from a network and runs no script, which its content security
/// policy also tells the browser. It is light or dark, as the reader's system is set.
/// </summary>
internal sealed class HtmlReport(string title)
{
    private readonly StringBuilder _body = new();

    internal HtmlReport Heading(string text)
    {
        _body.Append("<h2>").Append(Svg.Escape(text)).Append("</h2>\n");
        return this;
    }

    internal HtmlReport Paragraph(string text, string style = "")
    {
        _body.Append("<p class=\"").Append(style).Append("\">").Append(Svg.Escape(text)).Append("</p>\n");
        return this;
    }

    internal HtmlReport List(IEnumerable<string> items)
    {
        _body.Append("<ul>\n");
        foreach (string item in items)
            _body.Append("<li>").Append(Svg.Escape(item)).Append("</li>\n");

        _body.Append("</ul>\n");
        return this;
    }

    internal HtmlReport Code(string text)
    {
        _body.Append("<pre><code>").Append(Svg.Escape(text)).Append("</code></pre>\n");
        return this;
    }

    internal HtmlReport Table(DataTable table)
    {
        _body.Append(table);
        return this;
    }

    /// <summary>Adds a drawing, with a table of its figures beside it.</summary>
    internal HtmlReport Figure(string caption, Svg drawing, DataTable table)
    {
        _body.Append("<figure>\n<figcaption>").Append(Svg.Escape(caption))
            .Append("</figcaption>\n<div class=\"pair\">\n<div class=\"plot\">")
            .Append(drawing).Append("</div>\n").Append(table).Append("</div>\n</figure>\n");
        return this;
    }

    public override string ToString() =>
        $$"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>{{Svg.Escape(title)}}</title>
        <style>
        :root{--back:#ffffff;--text:#1a1a1a;--quiet:#595959;--grid:#d9d9d9;--code:#f3f3f3;{{Palette.Variables(dark: false)}} }
        @media (prefers-color-scheme:dark){:root{--back:#16181c;--text:#ececec;--quiet:#a8a8a8;--grid:#3a3d44;--code:#22252b;{{Palette.Variables(dark: true)}} } }
        body{background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.5rem} h2{font-size:1.2rem;margin-top:2.2rem} .lead{font-size:1.15rem;font-weight:600} .quiet{color:var(--quiet)}
        pre{background:var(--code);padding:.8rem 1rem;overflow-x:auto;border-radius:6px}
        figure{margin:2rem 0} figcaption{font-weight:600;margin-bottom:.5rem}
        .pair{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start} .plot{flex:0 1 auto;max-width:100%} .scroll{overflow-x:auto;max-width:100%}
        svg{max-width:100%;height:auto} svg text{fill:var(--text);font:12px system-ui,sans-serif} svg text.quiet{fill:var(--quiet)}
        svg .axis{stroke:var(--quiet)} svg .grid{stroke:var(--grid)} svg .bound{stroke:var(--text)} svg .ideal{stroke:var(--quiet);stroke-dasharray:1 3;fill:none}
        svg rect.item{stroke:var(--back);stroke-width:.5}
        {{Palette.Style()}}
        table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
        th,td{padding:.2rem .6rem;border-bottom:1px solid var(--grid);text-align:right;white-space:nowrap}
        th:first-child,td:first-child{text-align:left} tr.chosen{font-weight:700}
        </style>
        </head>
        <body>
        <h1>{{Svg.Escape(title)}}</h1>
        {{_body}}</body>
        </html>

        """;
}
