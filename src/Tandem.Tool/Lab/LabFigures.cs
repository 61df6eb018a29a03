using System.Diagnostics;
using System.Globalization;
using Tandem.Compare.Statistics;

namespace Tandem.Tool.Lab;

/// <summary>Measures times, and formats figures for users.</summary>
internal static class LabFigures
{
    /// <summary>The median duration of an action, in seconds; the first execution does not count.</summary>
    internal static double Time(int times, Action action)
    {
        action();
        var taken = new double[times];
        for (int i = 0; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            taken[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return Series.Median(taken);
    }

    /// <inheritdoc cref="Time"/>
    internal static async Task<double> TimeAsync(int times, Func<Task> action)
    {
        await action().ConfigureAwait(false);
        var taken = new double[times];
        for (int i = 0; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await action().ConfigureAwait(false);
            taken[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return Series.Median(taken);
    }

    internal static string Seconds(double seconds) => seconds switch
    {
        < 1e-6 => Write(seconds * 1e9, "ns"),
        < 1e-3 => Write(seconds * 1e6, "µs"),
        < 1 => Write(seconds * 1e3, "ms"),
        _ => Write(seconds, "s"),
    };

    internal static string Bytes(double bytes) => Math.Abs(bytes) switch
    {
        < 1 << 10 => Write(bytes, "B"),
        < 1 << 20 => Write(bytes / (1 << 10), "KiB"),
        < 1 << 30 => Write(bytes / (1 << 20), "MiB"),
        _ => Write(bytes / (1 << 30), "GiB"),
    };

    internal static string Ratio(double ratio) => Write(ratio, "×");

    /// <summary>Formats with three digits, which is more than measurements repeat.</summary>
    private static string Write(double value, string unit)
    {
        string format = Math.Abs(value) switch
        {
            0 => "0",
            < 10 => "0.00",
            < 100 => "0.0",
            _ => "0",
        };
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {unit}";
    }
}
