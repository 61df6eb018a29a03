using System.Globalization;
using System.Net;
using System.Text;

namespace Tandem.Tool.Reports;

/// <summary>Builds one SVG drawing. Colours and fonts are CSS classes of the page, so that they follow its theme.</summary>
internal sealed class Svg
{
    private readonly StringBuilder _text = new();
    private readonly double _width;
    private readonly double _height;
    private readonly string _title;

    internal Svg(double width, double height, string title)
    {
        _width = width;
        _height = height;
        _title = title;
    }

    internal void Line(double x1, double y1, double x2, double y2, string style) =>
        Add($"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" class=\"{style}\"/>");

    internal void Polyline(IEnumerable<(double X, double Y)> points, string style) =>
        Add($"<polyline points=\"{string.Join(' ', points.Select(static point => $"{N(point.X)},{N(point.Y)}"))}\" class=\"{style}\"/>");

    /// <summary>Adds a rectangle, with a tool tip.</summary>
    internal void Rectangle(double x, double y, double width, double height, string style, string tip = "") =>
        Add($"<rect x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(width)}\" height=\"{N(height)}\" class=\"{style}\">{Tip(tip)}</rect>");

    /// <param name="x">The position of the text's anchor.</param>
    /// <param name="y">The text's base line.</param>
    /// <param name="text">The text.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="style">A CSS class.</param>
    internal void Text(double x, double y, string text, string anchor = "start", string style = "") =>
        Add($"<text x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\" class=\"{style}\">{Escape(text)}</text>");

    internal void TextUpwards(double x, double y, string text) =>
        Add($"<text transform=\"translate({N(x)} {N(y)}) rotate(-90)\" text-anchor=\"middle\">{Escape(text)}</text>");

    /// <summary>Adds a mark. Its shape and colour identify the series.</summary>
    internal void Marker(double x, double y, int series, string tip = "")
    {
        const double Size = 4.5;
        string shape = (series % Palette.Count) switch
        {
            0 => $"<circle cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(Size)}\"",
            1 => $"<rect x=\"{N(x - Size)}\" y=\"{N(y - Size)}\" width=\"{N(2 * Size)}\" height=\"{N(2 * Size)}\"",
            2 => $"<path d=\"M{N(x)} {N(y - Size - 1)}L{N(x + Size + 1)} {N(y + Size)}H{N(x - Size - 1)}Z\"",
            3 => $"<path d=\"M{N(x)} {N(y - Size - 1.5)}L{N(x + Size + 1.5)} {N(y)}"
                + $"L{N(x)} {N(y + Size + 1.5)}L{N(x - Size - 1.5)} {N(y)}Z\"",
            4 => $"<path d=\"M{N(x)} {N(y + Size + 1)}L{N(x + Size + 1)} {N(y - Size)}H{N(x - Size - 1)}Z\"",
            _ => $"<path d=\"M{N(x - Size)} {N(y - Size)}L{N(x + Size)} {N(y + Size)}"
                + $"M{N(x + Size)} {N(y - Size)}L{N(x - Size)} {N(y + Size)}\" stroke-width=\"2\"",
        };
        string tag = shape[1..shape.IndexOf(' ', StringComparison.Ordinal)];
        Add($"{shape} class=\"{Palette.Fill(series)} {Palette.Stroke(series)}\">{Tip(tip)}</{tag}>");
    }

    public override string ToString() =>
        $"<svg viewBox=\"0 0 {N(_width)} {N(_height)}\" width=\"{N(_width)}\" height=\"{N(_height)}\" "
            + $"role=\"img\" aria-label=\"{Escape(_title)}\">\n{_text}</svg>";

    internal static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Tip(string tip) => tip.Length == 0 ? "" : $"<title>{Escape(tip)}</title>";

    private static string N(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);

    private void Add(string element) => _text.Append(element).Append('\n');
}
