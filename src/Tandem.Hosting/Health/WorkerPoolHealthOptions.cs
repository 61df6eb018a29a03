namespace Tandem.Hosting;

/// <summary>When a pool counts as degraded. It is unhealthy when it has no worker and none can be started.</summary>
public sealed class WorkerPoolHealthOptions
{
    /// <summary>How many items may wait for a worker of the pool.</summary>
    /// <value>A number of items, at least 0. The default is <see cref="int.MaxValue"/>: any number.</value>
    public int MaxQueueLength { get; set; } = int.MaxValue;

    /// <summary>How many threads may go on with an item whose time limit has passed.</summary>
    /// <value>A number of threads, at least 0. The default is 0.</value>
    public int MaxAbandonedThreads { get; set; }

    internal void Validate()
    {
        Check(MaxQueueLength >= 0, nameof(MaxQueueLength), MaxQueueLength);
        Check(MaxAbandonedThreads >= 0, nameof(MaxAbandonedThreads), MaxAbandonedThreads);
    }

    private static void Check(bool valid, string property, int value) =>
        Option.Check(valid, nameof(WorkerPoolHealthOptions), property, value, "at least 0");
}
