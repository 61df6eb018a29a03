using System.Globalization;
using Tandem.Compare.Statistics;

namespace Tandem.Compare.Recommending;

/// <summary>Formats figures for users.</summary>
internal static class FigureText
{
    internal static string Rate(double perSecond) =>
        $"{perSecond.ToString(perSecond >= 100 ? "N0" : perSecond >= 1 ? "0.0" : "0.000", CultureInfo.InvariantCulture)} items/s";

    internal static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#}%");

    internal static string Bytes(long bytes)
    {
        double mebibytes = bytes / (double)(1 << 20);
        return mebibytes >= 1024 ? $"{Three(mebibytes / 1024)} GiB" : $"{Three(mebibytes)} MiB";
    }

    internal static string Time(TimeSpan time) => time.TotalMicroseconds switch
    {
        // The resolution of TimeSpan.
        < 0.1 => "< 100 ns",
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalNanoseconds:0} ns"),
        < 1000 => $"{Three(time.TotalMicroseconds)} µs",
        < 1_000_000 => $"{Three(time.TotalMilliseconds)} ms",
        _ => $"{Three(time.TotalSeconds)} s",
    };

    /// <summary>Formats a share as plus or minus; above 100 % a number is meaningless.</summary>
    internal static string Noise(double share) => share <= 1 ? $"±{Share(share)}" : "> ±100%";

    internal static string Interval(Ratio ratio) => ratio.High < 10 * ratio.Low
        ? string.Create(CultureInfo.InvariantCulture, $"95% sure: {ratio.Low:0.00}x to {ratio.High:0.00}x")
        : "too few rounds, or too much noise, for an interval";

    /// <summary>Formats with about three digits.</summary>
    private static string Three(double value) =>
        value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
