using System.Runtime.InteropServices;

namespace Tandem.Serve.Protocol;

/// <summary>
/// The published state of one worker. Two cache lines long, so that counting in one worker does not slow down another one.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct BoardEntry
{
    /// <summary>A <see cref="WebWorkerState"/>.</summary>
    internal long State;

    /// <summary>Open connections.</summary>
    internal long Connections;

    /// <summary>Connections accepted since the start.</summary>
    internal long Accepted;

    /// <summary>Requests begun since the start.</summary>
    internal long Requests;

    /// <summary>
    /// When the worker's heartbeat thread last ran, in milliseconds of the system's monotonic clock
    /// (<see cref="MonotonicTime"/>).
    /// </summary>
    internal long AliveAt;

    /// <summary>When the thread pool last ran a queued work item, by the same clock.</summary>
    internal long PoolServedAt;

    /// <summary>Requests completed since the start.</summary>
    internal long Completed;

    /// <summary>
    /// Since when the thread pool has been starved (work waits long and the threads are blocked), by the same clock; 0 if it is not.
    /// </summary>
    internal long StarvedSince;

    /// <summary>In the entry before the first worker's: see <see cref="Board.Used"/>.</summary>
    internal long Used;

    /// <summary>In the entry before the first worker's: see <see cref="Board.Target"/>.</summary>
    internal long Target;

    // Add new fields at the end: workers of a former supervisor (USR2) share this memory with those of its successor.

    /// <summary>Requests that exceeded their time limit, since the start.</summary>
    internal long TimedOut;

    /// <summary>Of those, how many were aborted and still run.</summary>
    internal long Stuck;

    /// <summary>How long work waits for the thread pool, encoded in one word: see <see cref="SetQueue"/>.</summary>
    internal long Queue;

    /// <summary>
    /// With sticky routing: the id by which other workers and cookies name this worker. The supervisor writes it; 0 without sticky routing.
    /// </summary>
    internal long Id;

    /// <summary>Connections that it accepted and handed over to the worker that their client belongs to, since the start.</summary>
    internal long HandedOver;

    /// <summary>Requests that it forwarded to the worker that their client belongs to, since the start.</summary>
    internal long Forwarded;

    /// <summary>A process whose last heartbeat is older than this, in milliseconds, does not count as running.</summary>
    private const long MostSilence = 5_000;

    /// <summary>
    /// How long work waits for the thread pool, in milliseconds: the wait so far of the item that waits now, or else the wait of the last
    /// item that ran.
    /// </summary>
    internal readonly long QueueWait => Volatile.Read(in Queue) >> 1;

    /// <summary>
    /// Whether work waits because all threads of the pool are blocked. Workers determine it only if the load decides how many there are.
    /// </summary>
    internal readonly bool IsBlocked => (Volatile.Read(in Queue) & 1) != 0;

    internal void SetQueue(long wait, bool isBlocked) => Volatile.Write(ref Queue, (wait << 1) | (isBlocked ? 1L : 0));

    /// <summary>Whether the worker accepts connections: its state says so, and its process runs.</summary>
    /// <param name="now">The time, by the same clock as <see cref="AliveAt"/>.</param>
    internal readonly bool AcceptsAt(long now) =>
        Volatile.Read(in State) == (long)WebWorkerState.Accepting && now - Volatile.Read(in AliveAt) < MostSilence;
}
