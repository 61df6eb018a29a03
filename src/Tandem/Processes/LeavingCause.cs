namespace Tandem.Processes;

/// <summary>Why a worker process leaves its pool. A later cause takes the place of an earlier one.</summary>
internal enum LeavingCause
{
    /// <summary>It stays.</summary>
    None,

    /// <summary>It is replaced, because of its age, the items that it has run, its memory, or its idle time.</summary>
    Due,

    /// <summary>It is killed because it broke the protocol.</summary>
    BrokeProtocol,

    /// <summary>It is killed because it did not become ready.</summary>
    NotReady,

    /// <summary>It is killed because of an item that it runs.</summary>
    KilledForItem,

    /// <summary>It is killed because it does not start what it was sent.</summary>
    KilledAsSilent,

    /// <summary>It was told to exit.</summary>
    Stopped,
}
