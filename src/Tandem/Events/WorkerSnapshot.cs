namespace Tandem;

/// <summary>The state of one worker at one moment.</summary>
public sealed record WorkerSnapshot
{
    /// <summary>The process id of a worker process; the number of a worker thread within its pool.</summary>
    public int Id { get; init; }

    /// <summary>Where the worker is in its life.</summary>
    public WorkerState State { get; init; }

    /// <summary>Whether the worker is a spare, which only waits to replace another worker.</summary>
    public bool IsSpare { get; init; }

    /// <summary>The name of the item that the worker runs; of several, the one that has run the longest.</summary>
    /// <value><see langword="null"/> (the default) when the worker runs nothing.</value>
    public string? CurrentItem { get; init; }

    /// <summary>How long <see cref="CurrentItem"/> has been running; zero when there is none.</summary>
    public TimeSpan CurrentItemAge { get; init; }

    /// <summary>The number of items that the worker was given and has not answered.</summary>
    public int InFlight { get; init; }

    /// <summary>The number of items that the worker has answered.</summary>
    public long ItemsDone { get; init; }

    /// <summary>The private memory of a worker process, in bytes; 0 for a thread, which shares the memory of its process.</summary>
    public long PrivateMemory { get; init; }

    /// <summary>The operating system's number of a worker thread; 0 for a process, and where the system has none.</summary>
    internal int ThreadId { get; init; }
}
