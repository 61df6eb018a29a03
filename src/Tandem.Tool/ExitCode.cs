namespace Tandem.Tool;

/// <summary>The exit codes of all commands except <c>tandem serve</c>, which has its own.</summary>
internal static class ExitCode
{
    internal const int Success = 0;

    /// <summary>The command was valid, but failed.</summary>
    internal const int Failed = 1;

    internal const int BadUsage = 2;

    /// <summary>Ctrl+C, as shells report it.</summary>
    internal const int Interrupted = 130;
}
