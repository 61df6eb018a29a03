using System.Diagnostics.CodeAnalysis;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>
/// Checks the shared objects of this process once a second, while there are any to check: objects that were sent through channels and may
/// not have arrived yet, and objects that their creator has disposed while this process still has them open.
/// </summary>
internal static unsafe class SharedHousekeeping
{
    // In milliseconds.
    private const int Period = 1000;
    // In milliseconds.
    private const int LongestHold = 60_000;

    // Guards all fields below.
    private static readonly Lock Gate = new();
    private static readonly List<Hold> Holds = []; // segments that were sent in elements of channels and in reports
    private static readonly HashSet<Guid> Collected = []; // disposed objects that have already caused a garbage collection
    private static ITimer? s_timer; // created when first needed
    private static bool s_ticking; // whether the timer is running

    private readonly record struct Hold(SharedSegment Segment, long ReceivedBefore, long Since);

    /// <summary>
    /// Holds a segment that an element of a channel or a report refers to until that has arrived, or for one minute: the sender may dispose
    /// or drop the object as soon as it has sent it. (Results are handed over instead.) The segment's header counts arrivals. Arrivals of a
    /// read-only view cannot be counted, so a view is held for the whole minute.
    /// </summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A hold lasts a minute and is checked once a second.")]
    internal static void KeepUntilReceived(SharedSegment segment)
    {
        if (!segment.TryHold())
            throw new WorkSerializationException("the shared object has been disposed");

        lock (Gate)
            Holds.Add(new Hold(segment, Volatile.Read(ref segment.Header->Received), Environment.TickCount64));
        Watch();
    }

    /// <summary>Counts the arrival of a segment.</summary>
    internal static void Received(SharedSegment segment)
    {
        if (!segment.IsReadOnly)
            Interlocked.Increment(ref segment.Header->Received);
    }

    /// <summary>Starts the timer if it is not running.</summary>
    internal static void Watch()
    {
        lock (Gate)
        {
            if (s_ticking)
                return;

            s_ticking = true;
            s_timer ??= Background.Timer(Tick, Timeout.InfiniteTimeSpan, static _ => Again());
            s_timer.Change(TimeSpan.FromMilliseconds(Period), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Continues after a check failed with an exception.</summary>
    private static void Again()
    {
        lock (Gate)
            s_timer!.Change(TimeSpan.FromMilliseconds(Period), Timeout.InfiniteTimeSpan);
    }

    private static void Tick()
    {
        // This process holds its objects weakly, but a worker that does nothing collects no garbage and would keep the memory
        // indefinitely. Only workers force a collection: their heaps are small, while the user's program decides itself when to pay for
        // one.
        if (SharedObjects.CountAbandoned(Collected, out int open) > 0 && ProcessRole.IsWorker)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        lock (Gate)
        {
            Holds.RemoveAll(static hold => TryEnd(in hold));
            s_ticking = open > 0 || Holds.Count > 0;
            if (s_ticking)
                s_timer!.Change(TimeSpan.FromMilliseconds(Period), Timeout.InfiniteTimeSpan);
            else
                Collected.Clear();
        }
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "A hold lasts a minute and is checked once a second.")]
    private static bool TryEnd(in Hold hold)
    {
        SegmentHeader* header = hold.Segment.Header;
        bool arrived = header == null || Volatile.Read(ref header->Received) != hold.ReceivedBefore;
        if (!arrived && Environment.TickCount64 - hold.Since < LongestHold)
            return false;

        hold.Segment.Release();
        return true;
    }
}
