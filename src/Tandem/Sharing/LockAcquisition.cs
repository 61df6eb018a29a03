namespace Tandem.Sharing;

/// <summary>The result of an attempt to acquire a <see cref="RobustLock"/>.</summary>
internal enum LockAcquisition
{
    /// <summary>Not acquired: the time-out elapsed, or the attempt was cancelled.</summary>
    NotAcquired,

    /// <summary>Acquired.</summary>
    Acquired,

    /// <summary>The previous owner died. Acquired only if the caller accepts an abandoned lock.</summary>
    Abandoned,
}
