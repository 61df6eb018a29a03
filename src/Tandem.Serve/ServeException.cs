namespace Tandem.Serve;

/// <summary>How `tandem serve` ends.</summary>
internal enum ServeExitCode
{
    /// <summary>As it was told to.</summary>
    Success = 0,

    /// <summary>By an error that has no code of its own.</summary>
    Failure = 1,

    /// <summary>The command line makes no sense.</summary>
    Usage = 2,

    /// <summary>The application is not there, or cannot be served.</summary>
    BadApplication = 3,

    /// <summary>The first workers did not become ready.</summary>
    NotReady = 4,

    /// <summary>An address is in use, or may not be used.</summary>
    BadAddress = 5,

    /// <summary>There is no supervisor to talk to.</summary>
    NoSupervisor = 6,

    /// <summary>The supervisor could not do what it was asked for.</summary>
    Refused = 7,
}

/// <summary>Something that the user has to know, in words that say what to do.</summary>
internal sealed class ServeException(ServeExitCode exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    internal ServeExitCode ExitCode { get; } = exitCode;
}
