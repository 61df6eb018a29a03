using System.Diagnostics;

namespace Tandem.Mapping;

/// <summary>Chooses how many items travel together, from how long items have taken.</summary>
/// <remarks>
/// The aim is a chunk of about a millisecond: long against the tens of microseconds that a wake-up costs, short against what a
/// person or a slow neighbour would notice.
/// </remarks>
internal sealed class ChunkSizer(int maximum, int lookAhead, int lanes)
{
    private static readonly double Aim = Stopwatch.Frequency / 1000.0;

    private double _perItem;
    private int _size = 1;

    /// <summary>Items for the next chunk.</summary>
    internal int Size => Volatile.Read(ref _size);

    /// <summary>Learns from a chunk that is complete.</summary>
    internal void Learn(long elapsed, int items)
    {
        if (items == 0)
            return;

        double perItem = Math.Max((double)elapsed / items, Aim / 1_000_000);
        // The first items of a kind pay for compilation: what comes later counts more. A slow chunk counts at once.
        _perItem = _perItem == 0 || perItem > _perItem ? perItem : _perItem * 0.5 + perItem * 0.5;
        double wanted = Math.Clamp(Aim / _perItem, 1, maximum);
        // Every lane gets a chunk, and one more waits for it.
        int fair = Math.Max(1, lookAhead / (2 * lanes));
        int grown = (int)Math.Min(Math.Min(wanted, fair), Size * 8L);
        Volatile.Write(ref _size, Math.Max(1, grown));
    }
}
