using System.Diagnostics;

namespace Tandem.Telemetry;

/// <summary>
/// Samples how long items of a pool take from submission to completion. The sample is just large enough to be representative, so that
/// watching a pool does not slow it down.
/// </summary>
internal sealed class LatencySample
{
    // The target size of a sample.
    private const int Wanted = 200;

    private readonly long[] _ticks = new long[4 * Wanted]; // the latencies of the current sample
    private int _count; // items added since the last sample, including those that did not fit
    private int _every = 1; // one item in this many is observed
    private int _left = 1; // counts down to the next observed item

    /// <summary>Whether to observe the item that is being submitted. Races between callers are harmless.</summary>
    internal bool Wants()
    {
        if (--_left > 0)
            return false;

        _left = _every;
        return true;
    }

    /// <summary>Adds an observed item that has completed.</summary>
    internal void Add(long ticks)
    {
        int index = Interlocked.Increment(ref _count) - 1;
        if (index < _ticks.Length)
            Volatile.Write(ref _ticks[index], ticks);
    }

    /// <summary>Returns the statistics since the previous call.</summary>
    internal Figures Take()
    {
        int count = Interlocked.Exchange(ref _count, 0);
        _every = (int)Math.Clamp((long)_every * count / Wanted, 1, 1 << 20);
        _left = Math.Min(_left, _every);
        int kept = Math.Min(count, _ticks.Length);
        if (kept == 0)
            return default;

        long[] sorted = _ticks[..kept];
        Array.Sort(sorted);
        return new Figures(kept, Seconds(sorted[(kept - 1) / 2]), Seconds(sorted[(int)((kept - 1) * 0.99)]), Seconds(sorted[^1]));
    }

    private static double Seconds(long ticks) => ticks / (double)Stopwatch.Frequency;

    /// <summary>The number of items, and their latencies in seconds.</summary>
    internal readonly record struct Figures(int Count, double Median, double Percentile99, double Longest);
}
