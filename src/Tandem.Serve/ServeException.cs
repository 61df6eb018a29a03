namespace Tandem.Serve;

/// <summary>An error for the user. The message says what to do.</summary>
internal sealed class ServeException(ServeExitCode exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    internal ServeExitCode ExitCode { get; } = exitCode;
}
