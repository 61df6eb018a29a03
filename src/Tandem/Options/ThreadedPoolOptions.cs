namespace Tandem;

/// <summary>How a pool of threads is made.</summary>
public sealed class ThreadedPoolOptions : WorkerPoolOptions
{
    /// <inheritdoc/>
    public override Isolation Isolation => Isolation.Thread;

    /// <summary>
    /// How many threads may be abandoned at once because their item passed its time limit and went on. Beyond that they are not
    /// replaced, and the pool has fewer threads until one of them returns.
    /// </summary>
    /// <value>A number of threads, at least 0. The default is 16.</value>
    public int MaxAbandonedThreads { get; set; } = 16;

    private protected override void CheckOwn() => Option.Check(
        MaxAbandonedThreads >= 0, nameof(ThreadedPoolOptions), nameof(MaxAbandonedThreads), MaxAbandonedThreads, "at least 0");
}
