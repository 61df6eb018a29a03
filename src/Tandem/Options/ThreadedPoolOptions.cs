namespace Tandem;

/// <summary>The options of a pool of threads.</summary>
public sealed class ThreadedPoolOptions : WorkerPoolOptions
{
    /// <inheritdoc/>
    public override Isolation Isolation => Isolation.Thread;

    /// <summary>
    /// How many threads may be abandoned at the same time, because their item exceeded its time limit and is still running. Further threads
    /// are not replaced, and the pool has fewer threads until an abandoned thread returns.
    /// </summary>
    /// <value>A number of threads, at least 0. The default is 16.</value>
    public int MaxAbandonedThreads { get; set; } = 16;

    private protected override void CheckOwn() => Option.Check(
        MaxAbandonedThreads >= 0, nameof(ThreadedPoolOptions), nameof(MaxAbandonedThreads), MaxAbandonedThreads, "at least 0");
}
