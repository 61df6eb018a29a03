namespace Tandem;

/// <summary>What can happen to a worker.</summary>
public enum WorkerEventKind
{
    /// <summary>A worker process was started.</summary>
    Started,

    /// <summary>A worker is ready for items, and its state is built.</summary>
    Ready,

    /// <summary>A worker process exited although the pool had not asked it to.</summary>
    Crashed,

    /// <summary>A worker is replaced as planned: its items, memory, age or idle time have passed a limit.</summary>
    Recycled,

    /// <summary>The pool killed a worker process because of its item.</summary>
    Killed,

    /// <summary>A worker process exited because the pool asked it to.</summary>
    Ended,

    /// <summary>A worker could not be started.</summary>
    StartFailed,

    /// <summary>Too many workers could not be started (<see cref="ProcessPoolOptions.MaxRestarts"/>). Waiting items fail.</summary>
    RestartLimitReached,

    /// <summary>A thread is still running an item that timed out or was stopped. The thread no longer belongs to the pool.</summary>
    Abandoned,

    /// <summary>A work item has crashed its workers more often than <see cref="WorkLimits.MaxCrashRetries"/> allows.</summary>
    Quarantined,

    /// <summary>
    /// After a failed start, the pool waits before it starts the next worker. <see cref="WorkerEvent.BackOff"/> contains the cause and the
    /// end of the delay.
    /// </summary>
    StartDelayed,
}
