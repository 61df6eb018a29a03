using System.Globalization;

namespace Tandem.Tool.Top.View;

/// <summary>Formats figures in a few characters.</summary>
internal static class Figures
{
    internal const string Unknown = "-";

    /// <summary>Such as 12, 3.4k or 56M.</summary>
    internal static string Count(double? value) => value switch
    {
        null => Unknown,
        < 9.95 and not 0 => Format(value.Value, "0.0"),
        < 9999.5 => Format(value.Value, "0"),
        < 99_950 => Format(value.Value / 1e3, "0.0") + "k",
        < 999_500 => Format(value.Value / 1e3, "0") + "k",
        < 99_950_000 => Format(value.Value / 1e6, "0.0") + "M",
        _ => Format(value.Value / 1e6, "0") + "M",
    };

    internal static string Percent(double? value) => value is { } known ? Format(known, known < 99.95 ? "0.0" : "0") : Unknown;

    /// <summary>Bytes, such as 12.3M.</summary>
    internal static string Bytes(long? value) => value switch
    {
        null => Unknown,
        < 10L << 20 => Format(value.Value / (double)(1 << 20), "0.0") + "M",
        < 10_000L << 20 => Format(value.Value / (double)(1 << 20), "0") + "M",
        _ => Format(value.Value / (double)(1 << 30), "0.0") + "G",
    };

    /// <summary>Such as 850us, 12ms, 3.4s, 5m10 or 2h05.</summary>
    internal static string Time(double? seconds) => seconds switch
    {
        null => Unknown,
        < 0.000_999_5 => Format(seconds.Value * 1e6, "0") + "us",
        < 0.009_95 => Format(seconds.Value * 1e3, "0.0") + "ms",
        < 0.999_5 => Format(seconds.Value * 1e3, "0") + "ms",
        < 9.95 => Format(seconds.Value, "0.0") + "s",
        < 120 => Format(seconds.Value, "0") + "s",
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 60}m{(int)seconds % 60:00}"),
        < 172_800 => string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 3600)}h{(int)(seconds / 60) % 60:00}"),
        _ => Format(seconds.Value / 86_400, "0") + "d",
    };

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
