namespace Tandem;

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
