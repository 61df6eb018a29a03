namespace Tandem;

/// <summary>Something that happened to a worker of a pool.</summary>
public sealed record WorkerEvent
{
    /// <summary>What happened.</summary>
    public WorkerEventKind Kind { get; init; }

    /// <summary>The pool's name.</summary>
    public required string Pool { get; init; }

    /// <summary>The process id of a worker process, or the number of a worker thread in its pool; 0 if the event has no worker.</summary>
    public int WorkerId { get; init; }

    /// <summary>When it happened, in UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Why it happened, as text for people.</summary>
    /// <value>The default is an empty string.</value>
    public string Detail { get; init; } = "";

    /// <summary>Why the start of the next worker is delayed, and until when.</summary>
    /// <value><see langword="null"/> (the default) for every kind other than <see cref="WorkerEventKind.StartDelayed"/>.</value>
    public StartBackOff? BackOff { get; init; }
}
