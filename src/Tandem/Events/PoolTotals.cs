namespace Tandem;

/// <summary>Counts of a pool since it was created.</summary>
public sealed record PoolTotals
{
    /// <summary>The number of workers that were started.</summary>
    public long Starts { get; init; }

    /// <summary>The number of worker processes that exited although the pool had not asked them to.</summary>
    public long Crashes { get; init; }

    /// <summary>The number of worker processes that the pool killed because of what their item did.</summary>
    public long Kills { get; init; }

    /// <summary>The number of workers that were replaced as planned.</summary>
    public long Recycles { get; init; }

    /// <summary>The number of starts that failed.</summary>
    public long FailedStarts { get; init; }

    /// <summary>The number of items that passed their time limit.</summary>
    public long Timeouts { get; init; }

    /// <summary>The number of items that crashed their workers more often than their retries allow.</summary>
    public long Quarantined { get; init; }

    /// <summary>The number of threads that are, at this moment, still running an item whose time limit has passed.</summary>
    public int AbandonedThreads { get; init; }
}
