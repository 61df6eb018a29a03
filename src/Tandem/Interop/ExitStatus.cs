namespace Tandem.Interop;

/// <summary>How a process ended: it exited with a code, a signal terminated it, or the reason is unknown.</summary>
internal readonly record struct ExitStatus(int? Code, int? Signal)
{
    /// <summary>The process has ended, and it is not known how.</summary>
    internal static ExitStatus Unknown => new(null, null);

    /// <summary>Whether it is not known how the process ended.</summary>
    internal bool IsUnknown => Code is null && Signal is null;

    /// <summary>Converts a status of <c>waitpid</c>; null if the status is not known.</summary>
    internal static ExitStatus OfWait(int? status) =>
        status is not { } value ? Unknown
            : (value & 0x7F) == 0 ? new ExitStatus((value >> 8) & 0xFF, null) : new ExitStatus(null, value & 0x7F);

    /// <summary>Describes an exit, for messages.</summary>
    internal static string Describe(int? code, string? signal) =>
        signal is not null ? $"was ended by {signal}"
        : code is { } number ? $"exited with code {WindowsExitCodes.Describe(number)}"
        : "ended in an unknown way (other code in this program, such as the runtime, reaped it first)";

    /// <summary>
    /// Whether it is a guess that another process ended it. On Unix, the process may have exited by itself with the code 128 plus the
    /// signal's number. On Windows, it may have exited with <see cref="WindowsExitCodes.ProcessKill"/>.
    /// </summary>
    internal bool IsGuess { get; init; }

    /// <summary>
    /// How many pages the process touched for the first time while it lived (<see cref="ProcStat.PageFaults"/>); null if that is not known.
    /// </summary>
    internal long? PageFaults { get; init; }

    internal string? SignalName => Signal is { } number ? SignalNames.Of(number) : null;
}
