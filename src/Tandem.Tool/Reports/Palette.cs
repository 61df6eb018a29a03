using System.Globalization;

namespace Tandem.Tool.Reports;

/// <summary>
/// Distinguishes series by colour (after Okabe and Ito, "Color Universal Design", 2008, lighter in dark mode), and by dash and shape, for
/// readers with colour blindness.
/// </summary>
internal static class Palette
{
    internal const int Count = 6;

    private static readonly string[] Light = ["#0060a0", "#b84700", "#007a56", "#a04a80", "#7a6200", "#333333"];
    private static readonly string[] Dark = ["#56b4e9", "#ff8f4d", "#2fd3a3", "#e29ac6", "#f0d84a", "#dddddd"];
    private static readonly string[] Dashes = ["none", "7 4", "2 3", "10 3 2 3", "4 2", "1 4"];

    internal static string Fill(int series) => string.Create(CultureInfo.InvariantCulture, $"f{series % Count}");

    internal static string Stroke(int series) => string.Create(CultureInfo.InvariantCulture, $"l{series % Count}");

    internal static string Style() => string.Concat(Enumerable.Range(0, Count).Select(static series =>
        $"svg .f{series}{{fill:var(--s{series})}} svg .l{series}{{stroke:var(--s{series});stroke-dasharray:{Dashes[series]}}} "
        + $"svg polyline.l{series}{{fill:none;stroke-width:2}}\n"));

    internal static string Variables(bool dark) =>
        string.Concat((dark ? Dark : Light).Select(static (colour, series) => $"--s{series}:{colour};"));
}
