namespace Tandem.Work;

/// <summary>Where an item is. It only ever moves on, by compare-and-set, so each item settles exactly once.</summary>
internal enum ItemState
{
    /// <summary>Waits for a worker; may still be cancelled without having run.</summary>
    Queued = 0,

    /// <summary>Given to a worker.</summary>
    Assigned = 1,

    /// <summary>Its task is complete, or about to be.</summary>
    Settled = 2,
}
