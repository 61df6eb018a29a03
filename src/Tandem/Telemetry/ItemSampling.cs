namespace Tandem.Telemetry;

/// <summary>
/// Chooses the items whose durations are measured: all of them while they are few, and one in so many beyond that, because measuring
/// costs half as much as the shortest of items. Which ones does not depend on how long they take, so the shares are right.
/// </summary>
internal struct ItemSampling
{
    /// <summary>How many of a window are measured, however many there are; a thousand in each second and pool.</summary>
    internal const int EachOfFirst = 100;

    /// <summary>Beyond that, one in so many.</summary>
    internal const int OneIn = 64;

    private const int WindowMilliseconds = 100;

    // Racing callers lose counts now and then, which a sample bears.
    private long _windowEnd;
    private int _count;

    internal bool Takes()
    {
        int count = ++_count;
        if (count > EachOfFirst && count % OneIn != 0)
            return false;

        // The clock is read for those only that are taken, or begin a window.
        long now = Environment.TickCount64;
        if (now >= Volatile.Read(ref _windowEnd))
        {
            Volatile.Write(ref _windowEnd, now + WindowMilliseconds);
            _count = 0;
        }

        return true;
    }
}
