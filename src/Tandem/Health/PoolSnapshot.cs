namespace Tandem;

/// <summary>Where a worker is in its life. It only moves down this list, except between idle and busy.</summary>
public enum WorkerState
{
    /// <summary>Launched; has not said that it is ready.</summary>
    Starting,

    /// <summary>Ready, nothing in flight.</summary>
    Idle,

    /// <summary>Has items in flight.</summary>
    Busy,

    /// <summary>Gets no new items; ends when those in flight are done.</summary>
    Draining,

    /// <summary>Gets no new items; is being ended, first gently, then not.</summary>
    Killing,

    /// <summary>Its exit is confirmed.</summary>
    Dead,
}

/// <summary>What a pool looks like at one moment.</summary>
/// <param name="Name">The pool's name.</param>
/// <param name="Isolation">What its workers are.</param>
/// <param name="Workers">Its workers, those that start or end included.</param>
/// <param name="QueueLength">Items that wait for a worker.</param>
/// <param name="Totals">What happened since the pool was made.</param>
/// <param name="StartFailure">
/// Why work fails at once: workers could not be started as often as <see cref="WorkerPoolOptions.RestartLimit"/> allows. Null as long as
/// that is not so; null again when a start succeeds.
/// </param>
public sealed record PoolSnapshot(
    string Name,
    Isolation Isolation,
    IReadOnlyList<WorkerSnapshot> Workers,
    int QueueLength,
    PoolTotals Totals,
    WorkerStartException? StartFailure = null)
{
    /// <summary>What the start of the next worker waits for, and until when; <see langword="null"/> when it does not wait.</summary>
    public StartBackOff? BackOff { get; init; }
}

/// <summary>What one worker does at one moment.</summary>
/// <param name="Id">The process id of a worker process; the number of a worker thread within its pool.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="IsSpare">Whether it only waits to take another's place.</param>
/// <param name="CurrentItem">The name of the item that it runs; null for none. Of several, the one that runs longest.</param>
/// <param name="CurrentItemAge">How long that item has been running.</param>
/// <param name="InFlight">Items that it has been given and has not answered.</param>
/// <param name="ItemsDone">Items that it has answered.</param>
/// <param name="PrivateMemory">Memory that it holds for itself alone, in bytes; 0 for a thread, which shares its process's.</param>
public sealed record WorkerSnapshot(
    int Id, WorkerState State, bool IsSpare, string? CurrentItem, TimeSpan CurrentItemAge, int InFlight, long ItemsDone, long PrivateMemory)
{
    /// <summary>The system's number of a worker thread; 0 for a process, and where the system has none.</summary>
    internal int ThreadId { get; init; }
}

/// <summary>Counts of a pool since it was made.</summary>
/// <param name="Starts">Workers that were started.</param>
/// <param name="Crashes">Worker processes that ended although nobody had told them to.</param>
/// <param name="Kills">Worker processes that were ended because of what their item did.</param>
/// <param name="Recycles">Workers that were replaced as planned.</param>
/// <param name="FailedStarts">Starts that failed.</param>
/// <param name="Timeouts">Items that passed their time limit.</param>
/// <param name="Quarantined">Items that crashed their workers more often than allowed.</param>
/// <param name="AbandonedThreads">Threads that go on, now, with an item whose time was over.</param>
public sealed record PoolTotals(
    long Starts, long Crashes, long Kills, long Recycles, long FailedStarts, long Timeouts, long Quarantined, int AbandonedThreads);
