using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Tandem.Telemetry;

/// <summary>
/// Chooses the items, of those outside of any trace, that are measured and get an activity: all of them while they are few, and one in
/// so many beyond that, because to measure one costs half as much as the shortest of items, and an activity costs several of them.
/// Which ones does not depend on how long they take, so the shares are right.
/// </summary>
internal sealed class ItemSampling
{
    /// <summary>How many of a window are taken, however many there are; a thousand in each second and pool.</summary>
    internal const int EachOfFirst = 100;

    /// <summary>Beyond that, one in so many.</summary>
    internal const int OneIn = 8192;

    private const int WindowMilliseconds = 100;

    // Of those that are not taken, how many go by before the clock is read: a burst's end is to be seen soon.
    private const int ClockEvery = 16;

    private Window _window;

    /// <remarks>Racing callers lose counts now and then, which a sample bears; no other memory depends on them.</remarks>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Read for many items a second, and a few milliseconds more or less do not matter.")]
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

    /// <summary>Written for every item, so nothing that others read for every item may share its cache lines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Window
    {
        [FieldOffset(128)]
        internal long End;

        [FieldOffset(136)]
        internal int Count;
    }
}
