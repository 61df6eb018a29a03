namespace Tandem.Interop;

/// <summary>How a process ended: by itself with a code, by a signal, or in a way that could not be learnt.</summary>
internal readonly record struct ExitStatus(int? Code, int? Signal)
{
    /// <summary>It has ended, and nobody can say how.</summary>
    internal static ExitStatus Unknown => new(null, null);

    /// <summary>Whether nobody can say how it ended.</summary>
    internal bool IsUnknown => Code is null && Signal is null;

    /// <summary>From what <c>waitpid</c> says; null for what is not known.</summary>
    internal static ExitStatus OfWait(int? status) =>
        status is not { } value ? Unknown : (value & 0x7F) == 0 ? new ExitStatus((value >> 8) & 0xFF, null) : new ExitStatus(null, value & 0x7F);

    /// <summary>What it did, for people.</summary>
    internal static string Describe(int? code, string? signal) =>
        signal is not null ? $"was ended by {signal}"
        : code is not null ? $"exited with code {code}"
        : "ended in an unknown way (somebody else in this program, such as its runtime, reaped it first)";

    /// <summary>Whether the signal is a guess: the process may have exited with 128 and its number, which looks the same.</summary>
    internal bool IsGuess { get; init; }

    internal string? SignalName => Signal is { } number ? SignalNames.Of(number) : null;
}
