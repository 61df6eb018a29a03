namespace Tandem;

/// <summary>The state of a worker. It only advances in this order, except between idle and busy.</summary>
public enum WorkerState
{
    /// <summary>Started, but not ready yet.</summary>
    Starting,

    /// <summary>Ready, and no item is in flight.</summary>
    Idle,

    /// <summary>Items are in flight.</summary>
    Busy,

    /// <summary>Accepts no new items; exits when the items in flight are done.</summary>
    Draining,

    /// <summary>Accepts no new items; is asked to exit, and killed if it does not.</summary>
    Killing,

    /// <summary>The exit is confirmed.</summary>
    Dead,
}
