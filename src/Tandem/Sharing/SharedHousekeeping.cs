using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>
/// Looks after shared objects once a second, while there is something to look after: what was sent in results and may not have
/// arrived yet, and what its maker has disposed of while this process still has it.
/// </summary>
internal static unsafe class SharedHousekeeping
{
    private const int Period = 1000;
    private const int LongestHold = 60_000;

    private static readonly Lock Gate = new();
    private static readonly List<Hold> Holds = [];
    private static readonly HashSet<Guid> Collected = [];
    private static ITimer? s_timer;
    private static bool s_ticking;

    private readonly record struct Hold(SharedSegment Segment, long ReceivedBefore, long Since);

    /// <summary>
    /// Keeps what a result carries until it has arrived, or for a minute: the work may dispose of the object, or forget it, as soon as
    /// it has returned it. The header counts arrivals; of a view for reading only they cannot be counted, and it is kept for the minute.
    /// </summary>
    internal static void KeepUntilReceived(SharedSegment segment)
    {
        if (!segment.TryHold())
            throw new WorkSerializationException("the shared object was disposed of");

        lock (Gate)
            Holds.Add(new Hold(segment, Volatile.Read(ref segment.Header->Received), Environment.TickCount64));
        Watch();
    }

    /// <summary>Counts an arrival in a result.</summary>
    internal static void Received(SharedSegment segment)
    {
        if (!segment.IsReadOnly)
            Interlocked.Increment(ref segment.Header->Received);
    }

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

    /// <summary>A look failed; the next one may not.</summary>
    private static void Again()
    {
        lock (Gate)
            s_timer!.Change(TimeSpan.FromMilliseconds(Period), Timeout.InfiniteTimeSpan);
    }

    private static void Tick()
    {
        // The objects are weakly known, but a worker that does nothing collects nothing, and would keep the memory for ever. Only
        // workers: their heaps are small, while the user's program decides itself when it pays for a collection.
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
