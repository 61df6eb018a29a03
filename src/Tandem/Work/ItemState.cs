namespace Tandem.Work;

/// <summary>The state of an item. Transitions are made by compare-and-exchange, so each item is settled exactly once.</summary>
internal enum ItemState
{
    /// <summary>The item waits for a worker. It may still be cancelled without running.</summary>
    Queued = 0,

    /// <summary>A worker has the item.</summary>
    Assigned = 1,

    /// <summary>The item's task is complete, or about to be.</summary>
    Settled = 2,
}
