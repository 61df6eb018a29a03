namespace Tandem.Processes;

/// <summary>What a worker is to its pool. Each worker has one role at a time: <see cref="ProcessWorker.Role"/> decides.</summary>
internal enum WorkerRole
{
    /// <summary>Comes up.</summary>
    Starting,

    /// <summary>Waits to take another's place. It gets no items.</summary>
    Spare,

    /// <summary>Takes items, and is to stay.</summary>
    Serving,

    /// <summary>Takes items until its successor is there.</summary>
    Due,

    /// <summary>Runs the last items that it may run. It gets no others.</summary>
    Spent,

    /// <summary>
    /// As good as gone: it goes on with an item whose time is over, or starts nothing. It gets no items until that changes.
    /// </summary>
    Stuck,

    /// <summary>Drains, is being killed, or has ended.</summary>
    Leaving,
}
