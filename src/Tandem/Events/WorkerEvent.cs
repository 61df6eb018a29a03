namespace Tandem;

/// <summary>Something that happened to a worker of a pool.</summary>
public sealed record WorkerEvent
{
    /// <summary>What happened.</summary>
    public WorkerEventKind Kind { get; init; }

    /// <summary>The pool's name.</summary>
    public required string Pool { get; init; }

    /// <summary>The process id of a worker process; the number of a worker thread within its pool; 0 where there is no worker.</summary>
    public int WorkerId { get; init; }

    /// <summary>When it happened, in UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Why it happened, as text for people.</summary>
    /// <value>The default is an empty string.</value>
    public string Detail { get; init; } = "";

    /// <summary>What the pool waits for before it starts the next worker, and until when.</summary>
    /// <value><see langword="null"/> (the default) for every kind other than <see cref="WorkerEventKind.StartDelayed"/>.</value>
    public StartBackOff? BackOff { get; init; }
}
