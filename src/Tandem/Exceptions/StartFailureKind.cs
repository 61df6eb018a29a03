namespace Tandem;

/// <summary>How far the start of a worker came that failed.</summary>
internal enum StartFailureKind
{
    /// <summary>There was no process.</summary>
    NotLaunched,

    /// <summary>Its process ended before it was ready.</summary>
    Ended,

    /// <summary>Its process was not ready in time, and was ended.</summary>
    TimedOut,
}
