using System.Diagnostics;

namespace Tandem.Mapping;

/// <summary>Chooses how many items a chunk has, from how long items have taken.</summary>
/// <remarks>
/// The target is a chunk of about three milliseconds: long compared to the wake-ups that a chunk costs (tens of microseconds each), and
/// short compared to delays that a person or another task would notice. Items of up to six milliseconds go in pairs, because of the
/// wake-ups.
/// </remarks>
internal sealed class ChunkSizer(int maximum, int lookAhead, int lanes)
{
    // The target in stopwatch ticks.
    private static readonly double Aim = Stopwatch.Frequency * 3 / 1000.0;

    // The longest time of an item that shares its chunk with another, in stopwatch ticks.
    private static readonly double LongestOfPair = Stopwatch.Frequency * 6 / 1000.0;

    private double _perItem; // the smoothed time per item, in stopwatch ticks
    private int _size = 1; // see Size

    /// <summary>The size of the next chunk, in items.</summary>
    internal int Size => Volatile.Read(ref _size);

    /// <summary>The smoothed time per item; zero if it is not known yet.</summary>
    internal TimeSpan PerItem => Stopwatch.GetElapsedTime(0, (long)Volatile.Read(ref _perItem));

    /// <summary>Adjusts the size after a chunk has completed.</summary>
    internal void Learn(long elapsed, int items)
    {
        if (items == 0)
            return;

        double perItem = Math.Max((double)elapsed / items, Aim / 1_000_000);
        // The first items include JIT compilation, so later chunks are averaged in. A slower chunk takes effect at once.
        Volatile.Write(ref _perItem, _perItem == 0 || perItem > _perItem ? perItem : _perItem * 0.5 + perItem * 0.5);
        double wanted = Math.Min(Math.Max(Aim / _perItem, _perItem <= LongestOfPair ? 2 : 1), maximum);
        // Every lane gets a chunk, and another chunk waits for it.
        int fair = Math.Max(1, lookAhead / (2 * lanes));
        int grown = (int)Math.Min(Math.Min(wanted, fair), Size * 8L);
        Volatile.Write(ref _size, Math.Max(1, grown));
    }
}
