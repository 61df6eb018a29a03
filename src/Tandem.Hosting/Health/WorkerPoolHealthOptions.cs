namespace Tandem.Hosting;

/// <summary>When a pool counts as degraded. It is unhealthy when it has no worker and none can be started.</summary>
public sealed class WorkerPoolHealthOptions
{
    /// <summary>The most items that may wait. Default: <see cref="int.MaxValue"/>.</summary>
    public int MaxQueueLength { get; set; } = int.MaxValue;

    /// <summary>The most threads that may go on with an item whose time was over. Default: 0.</summary>
    public int MaxAbandonedThreads { get; set; }
}
