using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Tandem.Telemetry;

/// <summary>
/// Selects which items outside of any trace are measured and get an activity: all of them while there are few, and a fraction of them
/// beyond that. Measuring an item costs half as much as the shortest item takes, and an activity costs several times that. The selection
/// does not depend on how long items take, so the distribution is unbiased.
/// </summary>
internal sealed class ItemSampling
{
    /// <summary>How many items of each window are always selected: a thousand per second and pool.</summary>
    internal const int EachOfFirst = 100;

    /// <summary>Above that, one item in this many is selected.</summary>
    internal const int OneIn = 8192;

    private const int WindowMilliseconds = 100;

    // Of the items that are not selected, the clock is read at every 16th, so that the end of a burst is noticed soon.
    private const int ClockEvery = 16;

    private Window _window; // the current window

    /// <remarks>Concurrent callers sometimes lose counts, which a sample tolerates; no other memory depends on them.</remarks>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "Read for many items per second; a resolution of milliseconds suffices.")]
    internal bool Takes()
    {
        int count = ++_window.Count;
        if (count > EachOfFirst && count % ClockEvery != 0)
            return false;

        long now = Environment.TickCount64;
        if (now < Volatile.Read(ref _window.End))
            return count <= EachOfFirst || count % OneIn == 0;

        Volatile.Write(ref _window.End, now + WindowMilliseconds);
        _window.Count = 0;
        return true;
    }

    /// <summary>Written for every item, so it must not share cache lines with data that is read for every item.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Window
    {
        [FieldOffset(128)]
        internal long End;

        [FieldOffset(136)]
        internal int Count;
    }
}
