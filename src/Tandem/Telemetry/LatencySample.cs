using System.Diagnostics;

namespace Tandem.Telemetry;

/// <summary>
/// How long items of a pool take from their submission to their end, from some of them: as many as give a fair picture, so that a pool
/// which is watched is as fast as one which is not.
/// </summary>
internal sealed class LatencySample
{
    private const int Wanted = 200;

    private readonly long[] _ticks = new long[4 * Wanted];
    private int _count;
    private int _every = 1;
    private int _left = 1;

    /// <summary>Whether the item that is being submitted is to be observed. Callers that count at the same time do no harm.</summary>
    internal bool Wants()
    {
        if (--_left > 0)
            return false;

        _left = _every;
        return true;
    }

    /// <summary>An item that was observed has ended.</summary>
    internal void Add(long ticks)
    {
        int index = Interlocked.Increment(ref _count) - 1;
        if (index < _ticks.Length)
            Volatile.Write(ref _ticks[index], ticks);
    }

    /// <summary>What was seen since the last time.</summary>
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

    /// <summary>Seconds, and of how many items.</summary>
    internal readonly record struct Figures(int Count, double Median, double Percentile99, double Longest);
}
