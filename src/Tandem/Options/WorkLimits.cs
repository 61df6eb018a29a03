namespace Tandem;

/// <summary>
/// The limits of a work item. What is <see langword="null"/> here is taken from the pool's <see cref="WorkerPoolOptions.DefaultLimits"/>.
/// Limits that are not used cost nothing.
/// </summary>
public sealed class WorkLimits
{
    /// <summary>
    /// How long the work may run, counted from its start in a worker that is ready: neither waiting nor the start of a process counts.
    /// Past it the call fails with <see cref="WorkTimeoutException"/>. The work's token is cancelled; a worker process that goes on
    /// is killed after <see cref="WorkerPoolOptions.CancellationGrace"/>, or at once when the work has no token that it could see. A
    /// thread cannot be killed: it is abandoned and replaced (<see cref="ThreadedPoolOptions.MaxAbandonedThreads"/>). A worker process that
    /// does not start the work although it could, because it was stopped or hangs, loses it after some seconds: the work runs in another.
    /// </summary>
    /// <value>A positive time of at most 24 days. The default is <see langword="null"/>: no limit.</value>
    public TimeSpan? Timeout { get; set; }

    /// <summary>How long the call may wait before its work starts; past it, it fails with <see cref="WorkTimeoutException"/> and never runs.</summary>
    /// <value>A positive time of at most 24 days. The default is <see langword="null"/>: no limit.</value>
    public TimeSpan? QueueTimeout { get; set; }

    /// <summary>
    /// How much private memory the whole worker process may hold while the work runs. Past it an allocation fails, and the call with
    /// <see cref="WorkMemoryException"/>; the worker is replaced. Enforced by the kernel on Linux, and by a check every 50 ms on other
    /// systems. Without effect on threads, which share one heap.
    /// </summary>
    /// <value>In bytes, at least 16 MiB. The default is <see langword="null"/>: no limit.</value>
    public long? MaxMemory { get; set; }

    /// <summary>
    /// How often the work is run again after its worker process crashed. More than 0 means that it may run more than once. Work
    /// whose last attempt crashes too fails with <see cref="WorkerCrashedException"/> and counts as quarantined. Without effect on threads,
    /// whose crash ends this process.
    /// </summary>
    /// <value>Between 0 and 1000. The default is <see langword="null"/>: 0.</value>
    public int? MaxCrashRetries { get; set; }
}
