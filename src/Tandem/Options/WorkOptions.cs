namespace Tandem;

/// <summary>
/// What one call asks for beside its work: its name and its limits. What is not set here is taken from
/// <see cref="WorkerPoolOptions.WorkDefaults"/>. Limits that are not used cost nothing.
/// </summary>
public sealed class WorkOptions
{
    /// <summary>The item's name in errors and logs.</summary>
    /// <value>The default is <see langword="null"/>: the name of the method that runs.</value>
    public string? Name { get; set; }

    /// <summary>
    /// How long the work may run, counted from its start in a worker that is ready: neither waiting nor the start of a process counts.
    /// Past it the call fails with <see cref="WorkTimeoutException"/>. The work's token is cancelled; a worker process that goes on
    /// is ended after <see cref="WorkerPoolOptions.CancellationGrace"/>, or at once when the work has no token that it could see. A
    /// thread cannot be ended: it is abandoned and replaced (<see cref="WorkerPoolOptions.MaxAbandonedThreads"/>). A worker process that
    /// does not start the work although it could, because it was stopped or hangs, loses it after some seconds: the work runs in another.
    /// </summary>
    /// <value>The default is <see langword="null"/>: no limit.</value>
    public TimeSpan? Timeout { get; set; }

    /// <summary>How long the call may wait before its work starts; past it, it fails with <see cref="WorkTimeoutException"/> and never runs.</summary>
    /// <value>The default is <see langword="null"/>: no limit.</value>
    public TimeSpan? QueueTimeout { get; set; }

    /// <summary>
    /// How many bytes of private memory the whole worker process may hold while the work runs. Past it an allocation fails, and the
    /// call with <see cref="WorkMemoryException"/>; the worker is replaced. Enforced by the kernel on Linux, and by looking every
    /// 50 ms everywhere. Without effect on threads, which share one heap.
    /// </summary>
    /// <value>The default is <see langword="null"/>: no limit. At least 16 MiB.</value>
    public long? MemoryLimit { get; set; }

    /// <summary>
    /// How often the work is run again after its worker process crashed. More than 0 means that it may run more than once. Work
    /// whose last attempt crashes too fails with <see cref="WorkerCrashedException"/> and counts as quarantined.
    /// </summary>
    /// <value>The default is <see langword="null"/>: 0.</value>
    public int? CrashRetries { get; set; }

    /// <summary>Which of the items that wait goes first; among equals, the one that came first.</summary>
    /// <value>The default is <see langword="null"/>: <see cref="WorkPriority.Normal"/>.</value>
    public WorkPriority? Priority { get; set; }
}
