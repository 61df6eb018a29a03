namespace Tandem;

/// <summary>What can happen to a worker.</summary>
public enum WorkerEventKind
{
    /// <summary>A worker process was started.</summary>
    Started,

    /// <summary>A worker is ready for items, its state built.</summary>
    Ready,

    /// <summary>A worker process ended by itself although nobody had told it to.</summary>
    Crashed,

    /// <summary>A worker is replaced as planned: its items, memory, age or idle time have passed a limit.</summary>
    Recycled,

    /// <summary>The pool ends a worker process because of what its item does.</summary>
    Killed,

    /// <summary>A worker process has ended as it was told to.</summary>
    Ended,

    /// <summary>A worker could not be started.</summary>
    StartFailed,

    /// <summary>Too many workers could not be started (<see cref="ProcessPoolOptions.MaxRestarts"/>): items that wait fail.</summary>
    RestartLimitReached,

    /// <summary>A thread goes on with an item whose time was over; another has taken its place.</summary>
    Abandoned,

    /// <summary>A work item has crashed its workers more often than <see cref="WorkLimits.MaxCrashRetries"/> allows.</summary>
    Quarantined,

    /// <summary>
    /// After a failed start the pool waits before it starts the next worker; <see cref="WorkerEvent.BackOff"/> says for what and until
    /// when.
    /// </summary>
    StartDelayed,
}
