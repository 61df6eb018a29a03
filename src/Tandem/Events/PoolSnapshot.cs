namespace Tandem;

/// <summary>The state of a pool at one moment.</summary>
public sealed record PoolSnapshot
{
    /// <summary>The pool's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the pool's workers are threads or processes.</summary>
    public Isolation Isolation { get; init; }

    /// <summary>The pool's workers, including those that start or end.</summary>
    /// <value>The default is an empty list.</value>
    public IReadOnlyList<WorkerSnapshot> Workers { get; init; } = [];

    /// <summary>The number of items that wait for a worker.</summary>
    public int QueueLength { get; init; }

    /// <summary>Counts of what happened since the pool was created.</summary>
    /// <value>The default has only zeros.</value>
    public PoolTotals Totals { get; init; } = new();

    /// <summary>Why work fails at once: more workers failed to start than <see cref="ProcessPoolOptions.MaxRestarts"/> allows.</summary>
    /// <value>
    /// <see langword="null"/> (the default) while the pool is within that limit, and again as soon as a start succeeds.
    /// </value>
    public WorkerStartException? StartFailure { get; init; }

    /// <summary>Why the start of the next worker is delayed, and until when.</summary>
    /// <value><see langword="null"/> (the default) if no start is delayed.</value>
    public StartBackOff? BackOff { get; init; }
}
