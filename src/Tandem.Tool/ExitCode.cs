namespace Tandem.Tool;

/// <summary>What the exit code of a command says. <c>tandem serve</c> has its own, which those who start servers know.</summary>
internal static class ExitCode
{
    internal const int Success = 0;

    /// <summary>It was asked for rightly, and could not be done.</summary>
    internal const int Failed = 1;

    internal const int BadUsage = 2;

    /// <summary>As shells say of what ended by Ctrl+C.</summary>
    internal const int Interrupted = 130;
}
