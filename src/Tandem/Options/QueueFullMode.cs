namespace Tandem;

/// <summary>What a call does when the pool's queue is full.</summary>
public enum QueueFullMode
{
    /// <summary>
    /// The call waits, without blocking its thread, until the queue has room. Calls are admitted in the order in which they were made. The
    /// arguments are copied at once. To limit memory, await earlier calls before making more.
    /// </summary>
    Wait,

    /// <summary>The call fails with <see cref="QueueFullException"/>.</summary>
    Reject,
}
