namespace Tandem;

/// <summary>Where a worker is in its life. It only moves down this list, except between idle and busy.</summary>
public enum WorkerState
{
    /// <summary>Launched; has not said that it is ready.</summary>
    Starting,

    /// <summary>Ready, nothing in flight.</summary>
    Idle,

    /// <summary>Has items in flight.</summary>
    Busy,

    /// <summary>Gets no new items; ends when those in flight are done.</summary>
    Draining,

    /// <summary>Gets no new items; is being ended, first gently, then not.</summary>
    Killing,

    /// <summary>Its exit is confirmed.</summary>
    Dead,
}
