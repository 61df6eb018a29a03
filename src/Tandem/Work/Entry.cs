namespace Tandem.Work;

/// <summary>What becomes of an item that comes to a queue.</summary>
internal enum Entry
{
    /// <summary>It may be queued now.</summary>
    Granted,

    /// <summary>It waits until there is a place.</summary>
    Waits,

    /// <summary>The queue is full.</summary>
    Refused,

    /// <summary>It was cancelled before it got here.</summary>
    Void,
}
