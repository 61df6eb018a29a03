namespace Tandem.Interop;

/// <summary>The names of signals. Linux and the systems that derive from BSD (macOS, FreeBSD) number them differently.</summary>
internal static class SignalNames
{
    /// <summary>The names on Linux, by number.</summary>
    internal static readonly string[] Linux =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>The names on macOS and FreeBSD, by number.</summary>
    internal static readonly string[] Bsd =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGEMT", "SIGFPE", "SIGKILL", "SIGBUS", "SIGSEGV", "SIGSYS",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGURG", "SIGSTOP", "SIGTSTP", "SIGCONT", "SIGCHLD", "SIGTTIN", "SIGTTOU", "SIGIO", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGINFO", "SIGUSR1", "SIGUSR2",
    ];

    /// <summary>The names on this system, by number.</summary>
    private static string[] Own => OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD() ? Bsd : Linux;

    /// <summary>Returns the name of a signal of this system.</summary>
    internal static string Of(int signal) => Of(signal, Own);

    /// <summary>Returns the name of a signal of another system.</summary>
    /// <param name="signal">The number.</param>
    /// <param name="names">The names on that system.</param>
    internal static string Of(int signal, string[] names) => (uint)signal < (uint)names.Length ? names[signal] : $"signal {signal}";

    /// <summary>Returns the number of a signal of this system; -1 if it has no such signal.</summary>
    internal static int NumberOf(string name) => Array.IndexOf(Own, name);
}
