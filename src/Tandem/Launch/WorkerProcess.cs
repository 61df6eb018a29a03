namespace Tandem.Launch;

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

/// <summary>Names of signals, as on Linux.</summary>
internal static class SignalNames
{
    private static readonly string[] Names =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    internal static string Of(int signal) => (uint)signal < (uint)Names.Length ? Names[signal] : $"signal {signal}";
}

/// <summary>Hears of a worker process's life. Calls come one at a time.</summary>
internal interface IProcessObserver
{
    /// <summary>A line on standard output or error.</summary>
    void OnOutput(string line, bool isError);

    /// <summary>The process has ended, is reaped, and its output has been delivered.</summary>
    void OnExited(ExitStatus status);
}

/// <summary>A worker process, seen from its parent.</summary>
internal abstract class WorkerProcess : IDisposable
{
    internal abstract int Id { get; }

    /// <summary>Asks the process, and every process that it started in its group, to end.</summary>
    internal abstract void Terminate();

    /// <summary>Ends the process and its group at once.</summary>
    internal abstract void Kill();

    /// <summary>
    /// It ends: what is left to do of that, milliseconds of giving memory back, comes after what others want of the processor. Where the
    /// system cannot, nothing.
    /// </summary>
    internal virtual void PutLast()
    {
    }

    public abstract void Dispose();
}

/// <summary>Splits a stream of bytes into lines; a line that does not end is cut.</summary>
internal sealed class LineSplitter(Action<string> onLine)
{
    private const int MaximumLength = 16 * 1024;

    private readonly List<byte> _line = [];

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
            int room = MaximumLength - _line.Count;
            _line.AddRange(part.Length > room ? part[..room] : part);
            if (end < 0)
            {
                if (_line.Count >= MaximumLength)
                    Flush();
                return;
            }

            Flush();
            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>Delivers a last line that has no end.</summary>
    internal void End()
    {
        if (_line.Count > 0)
            Flush();
    }

    private void Flush()
    {
        ReadOnlySpan<byte> line = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_line);
        if (line.EndsWith("\r"u8))
            line = line[..^1];

        onLine(System.Text.Encoding.UTF8.GetString(line));
        _line.Clear();
    }
}
