namespace Tandem.Work;

/// <summary>Whether an item takes a place in its pool's queue.</summary>
internal enum QueuePlace : byte
{
    /// <summary>The item has not been queued yet, or has left the queue.</summary>
    None,

    /// <summary>The item takes a place.</summary>
    Inside,

    /// <summary>The item waits for a place.</summary>
    Outside,
}
