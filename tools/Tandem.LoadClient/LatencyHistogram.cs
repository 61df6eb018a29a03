using System.Diagnostics;
using System.Numerics;

namespace Tandem.LoadClient;

/// <summary>Durations in buckets that are at most 1.6 % wide, as HdrHistogram has them; one microsecond is the finest.</summary>
public sealed class LatencyHistogram
{
    private const int HalfBits = 6;
    private const int Half = 1 << HalfBits;

    // Up to a day; what is longer counts as a day.
    private const long Longest = 86_400_000_000;

    private readonly long[] _counts = new long[Index(Longest) + 1];
    private long _max;

    /// <summary>How many durations there are.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, in milliseconds.</summary>
    public double Max => _max / 1e3;

    /// <summary>The duration, in milliseconds, that so many percent do not exceed; 0 where there are none.</summary>
    public double Percentile(double percent)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(Count * percent / 100));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
                return Math.Min(Highest(i), _max) / 1e3;
        }

        return 0;
    }

    /// <summary>Adds a duration in ticks of <see cref="Stopwatch"/>.</summary>
    public void Add(long ticks)
    {
        long microseconds = Math.Clamp((long)(ticks * (1e6 / Stopwatch.Frequency)), 0, Longest);
        _counts[Index(microseconds)]++;
        _max = Math.Max(_max, microseconds);
        Count++;
    }

    /// <summary>Adds all of another's durations.</summary>
    public void Add(LatencyHistogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];

        _max = Math.Max(_max, other._max);
        Count += other.Count;
    }

    private static int Shift(long value) => Math.Max(0, BitOperations.Log2((ulong)value) - HalfBits);

    private static int Index(long value) => (Shift(value) << HalfBits) + (int)(value >> Shift(value));

    private static long Highest(int index)
    {
        int shift = Math.Max(0, (index >> HalfBits) - 1);
        return ((long)(index - (shift << HalfBits) + 1) << shift) - 1;
    }
}
