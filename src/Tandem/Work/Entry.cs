namespace Tandem.Work;

/// <summary>What happens to an item that is submitted to a queue.</summary>
internal enum Entry
{
    /// <summary>The item may be queued now.</summary>
    Granted,

    /// <summary>The item waits until there is a place.</summary>
    Waits,

    /// <summary>The queue is full.</summary>
    Refused,

    /// <summary>The item was cancelled before it was submitted.</summary>
    Void,
}
