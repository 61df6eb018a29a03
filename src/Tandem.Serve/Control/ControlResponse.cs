namespace Tandem.Serve.Control;

/// <summary>The answer to a command.</summary>
/// <param name="Error">Why the command failed; null if it succeeded.</param>
/// <param name="ExitCode">The exit code of the command: a <see cref="ServeExitCode"/>.</param>
/// <param name="Status">The status, for status.</param>
internal sealed record ControlResponse(string? Error, int ExitCode, ServeStatus? Status = null);
