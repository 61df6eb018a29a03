namespace Tandem;

/// <summary>What a worker is.</summary>
public enum Isolation
{
    /// <summary>
    /// A thread of this process: shares the heap, costs little, starts in microseconds. A crash takes the whole process along, and
    /// work that does not return cannot be stopped.
    /// </summary>
    Thread,

    /// <summary>
    /// A process of its own: a crash stays where it happened and a hanging worker can be killed. Arguments and results are copied,
    /// and each worker has a runtime and a heap of its own.
    /// </summary>
    Process,
}

/// <summary>What a call does when the pool's queue is full.</summary>
public enum QueueFullMode
{
    /// <summary>
    /// The call waits, without blocking its thread, until the queue has room; calls are admitted in the order in which they came.
    /// Its arguments are copied at once, so that whoever must bound memory awaits calls before it makes more of them.
    /// </summary>
    Wait,

    /// <summary>The call fails with <see cref="QueueFullException"/>.</summary>
    Reject,
}

/// <summary>How a pool and its worker processes exchange calls and results.</summary>
public enum WorkerTransport
{
    /// <summary>Shared memory where the system has what it takes, otherwise the portable transport.</summary>
    Auto,

    /// <summary>Rings in shared memory, parked on a futex. Linux only; creation fails elsewhere.</summary>
    SharedMemory,

    /// <summary>Pipes; on any system. Slower by one to two orders of magnitude for tiny calls.</summary>
    Portable,
}
