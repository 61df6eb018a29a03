namespace Tandem.Serve;

/// <summary>The exit codes of `tandem serve`.</summary>
internal enum ServeExitCode
{
    /// <summary>The server was told to stop, or the command was carried out.</summary>
    Success = 0,

    /// <summary>An error without an exit code of its own.</summary>
    Failure = 1,

    /// <summary>An option has an invalid value.</summary>
    Usage = 2,

    /// <summary>The application does not exist, or cannot be served.</summary>
    BadApplication = 3,

    /// <summary>The first workers did not become ready.</summary>
    NotReady = 4,

    /// <summary>An address is in use or not allowed.</summary>
    BadAddress = 5,

    /// <summary>No supervisor answers.</summary>
    NoSupervisor = 6,

    /// <summary>The supervisor refused the command.</summary>
    Refused = 7,
}
