namespace Tandem;

/// <summary>How far the start of a worker came before it failed.</summary>
internal enum StartFailureKind
{
    /// <summary>The process could not be created.</summary>
    NotLaunched,

    /// <summary>The process exited before the worker was ready.</summary>
    Ended,

    /// <summary>The worker was not ready in time, and its process was killed.</summary>
    TimedOut,
}
