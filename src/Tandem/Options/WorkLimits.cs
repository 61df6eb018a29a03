namespace Tandem;

/// <summary>
/// The limits of a work item. A limit that is <see langword="null"/> is taken from the pool's
/// <see cref="WorkerPoolOptions.DefaultLimits"/>. Limits that are not set cost nothing.
/// </summary>
public sealed class WorkLimits
{
    /// <summary>
    /// How long the work may run. The time starts when the work starts on a worker that is ready: waiting does not count, and neither does
    /// the start of a process. When the time is over, the call fails with <see cref="WorkTimeoutException"/>, and the work's token is
    /// cancelled. A worker process that continues is killed after <see cref="WorkerPoolOptions.CancellationGrace"/>, or at once if the work
    /// takes no token. A thread cannot be killed: it is abandoned and replaced (<see cref="ThreadedPoolOptions.MaxAbandonedThreads"/>). If
    /// a worker process is stopped or hangs and does not start the work, the pool gives the work to another worker after some seconds.
    /// </summary>
    /// <value>A positive time of at most 24 days. The default is <see langword="null"/>: no limit.</value>
    public TimeSpan? Timeout { get; set; }

    /// <summary>
    /// How long the call may wait before its work starts. After that, the call fails with <see cref="WorkTimeoutException"/> and its work
    /// never runs.
    /// </summary>
    /// <value>A positive time of at most 24 days. The default is <see langword="null"/>: no limit.</value>
    public TimeSpan? QueueTimeout { get; set; }

    /// <summary>
    /// How much private memory the whole worker process may use while the work runs. An allocation beyond the limit fails, and the call
    /// fails with <see cref="WorkMemoryException"/>; the worker is replaced. The kernel enforces the limit on Linux; on other systems, the
    /// pool checks it every 50 ms. The limit has no effect on threads, which share one heap.
    /// </summary>
    /// <value>In bytes, at least 16 MiB. The default is <see langword="null"/>: no limit.</value>
    public long? MaxMemory { get; set; }

    /// <summary>
    /// How often the work is run again after its worker process has crashed. With a value above 0, the work may run more than once. Work
    /// whose last attempt also crashes fails with <see cref="WorkerCrashedException"/> and counts as quarantined. The limit has no effect
    /// on threads, because a crash there ends this process.
    /// </summary>
    /// <value>Between 0 and 1000. The default is <see langword="null"/>: 0.</value>
    public int? MaxCrashRetries { get; set; }
}
