using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tandem.Interop;
using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Os;

/// <summary>
/// What a supervisor has from whoever started it: sockets of a service manager (LISTEN_FDS), or, when it was put in place of another
/// supervisor in the same process (USR2), that one's sockets, board and workers.
/// </summary>
internal sealed class Inheritance
{
    private const string StateVariable = "TANDEM_SERVE_STATE";
    private const string OurListener = "listener";
    private const string IgnoresHangUps = "nohup";
    private const int FirstListenDescriptor = 3;

    /// <summary>Those that mean something to a supervisor, and to a program that does not handle them: to end.</summary>
    private static readonly int[] Signals = [Libc.SIGHUP, Libc.SIGUSR1, Libc.SIGUSR2, Libc.SIGTTIN, Libc.SIGTTOU];

    /// <summary>The former supervisor's board; null where there was none.</summary>
    internal Board? Board { get; private init; }

    /// <summary>The former supervisor's workers, which serve until new ones do.</summary>
    internal IReadOnlyList<InheritedWorker> Workers { get; private init; } = [];

    /// <summary>Sockets.</summary>
    internal IReadOnlyList<InheritedListener> Listeners { get; private init; } = [];

    /// <summary>How many workers there were to be; null where there was no former supervisor.</summary>
    internal int? Target { get; private init; }

    /// <summary>Addresses of the service manager's sockets, for an application that is told no others.</summary>
    internal List<string> Urls { get; } = [];

    /// <summary>Finds out, and forgets it in the environment, so that workers do not believe it meant for them.</summary>
    internal static Inheritance Take()
    {
        string? state = Take(StateVariable);
        string? count = Take("LISTEN_FDS");
        string? process = Take("LISTEN_PID");
        string[] names = (Take("LISTEN_FDNAMES") ?? "").Split(':');
        if (state is not null)
            return OfFormer(state);

        if (!int.TryParse(count, CultureInfo.InvariantCulture, out int sockets)
            || !int.TryParse(process, CultureInfo.InvariantCulture, out int pid)
            || pid != Environment.ProcessId)
        {
            return new Inheritance();
        }

        var inherited = new Inheritance { Listeners = [.. Enumerable.Range(FirstListenDescriptor, sockets).Select(static fd => new InheritedListener(fd, IsOurs: false, ""))] };
        for (int i = 0; i < sockets; i++)
            inherited.Urls.Add(UrlOf(FirstListenDescriptor + i, i < names.Length ? names[i] : ""));

        return inherited;
    }

    /// <summary>Puts a new supervisor, from the program's file as it is now, in this process's place. Returns only when that fails, and then why.</summary>
    internal static string Replace(ListenerStore listeners, Board board, IEnumerable<InheritedWorker> workers, int target, SystemdNotifier notifier)
    {
        string[] arguments = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
        // What stands before the command is how the program is run, such as by `dotnet`. Once this process has become it, there is no way back.
        int command = Array.IndexOf(arguments, "serve");
        if (Trial.ProblemOf(Environment.ProcessPath!, [.. arguments.AsSpan(1..Math.Max(1, command)), "--version"]) is { } problem)
            return problem;

        var lines = new List<string> { $"{Number(board.Descriptor)} {Number(target)}{(Libc.IsIgnored(Libc.SIGHUP) ? $" {IgnoresHangUps}" : "")}" };
        foreach (InheritedListener listener in listeners.Export())
            lines.Add($"{(listener.IsOurs ? OurListener : "given")} {Number(listener.Descriptor)} {listener.Key}");
        foreach ((int processId, int entry) in workers)
            lines.Add($"worker {Number(processId)} {Number(entry)}");

        List<int> descriptors = [board.Descriptor, .. listeners.Export().Select(static listener => listener.Descriptor)];
        Environment.SetEnvironmentVariable(StateVariable, string.Join('\n', lines));
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", notifier.NotifySocket);
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", notifier.WatchdogVariable);
        foreach (int descriptor in descriptors)
            _ = Libc.Fcntl(descriptor, Libc.F_SETFD, 0);

        var environment = new List<string>();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment.Add($"{variable.Key}={variable.Value}");

        // What nobody handles yet would end the new program.
        Libc.SignalAction[] actions = Libc.IgnoreSignals(Signals);
        string error = Libc.Execute(Environment.ProcessPath!, arguments, [.. environment]);

        // It has failed: nothing of this is for workers.
        Libc.RestoreSignals(Signals, actions);
        foreach (int descriptor in descriptors)
            _ = Libc.Fcntl(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        Environment.SetEnvironmentVariable(StateVariable, null);
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", null);
        return error;
    }

    private static Inheritance OfFormer(string state)
    {
        string[] lines = state.Split('\n');
        string[] first = lines[0].Split(' ');
        // .NET leaves alone what is ignored; in a moment it handles them.
        int[] signals = first.Contains(IgnoresHangUps) ? [.. Signals.Where(static signal => signal != Libc.SIGHUP)] : Signals;
        Libc.RestoreSignals(signals, new Libc.SignalAction[signals.Length]);
        int descriptor = int.Parse(first[0], CultureInfo.InvariantCulture);
        _ = Libc.Fcntl(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        List<InheritedWorker> workers = [];
        List<InheritedListener> listeners = [];
        foreach (string line in lines.AsSpan(1))
        {
            string[] words = line.Split(' ', 3);
            int number = int.Parse(words[1], CultureInfo.InvariantCulture);
            if (words[0] == "worker")
                workers.Add(new InheritedWorker(number, int.Parse(words[2], CultureInfo.InvariantCulture)));
            else
                listeners.Add(new InheritedListener(number, words[0] == OurListener, words[2]));
        }

        return new Inheritance { Board = Board.Open(descriptor), Workers = workers, Listeners = listeners, Target = int.Parse(first[1], CultureInfo.InvariantCulture) };
    }

    private static string UrlOf(int descriptor, string name)
    {
        using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: false));
        string scheme = name.StartsWith("https", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        return socket.LocalEndPoint switch
        {
            UnixDomainSocketEndPoint unix => $"{scheme}://unix:{unix}",
            IPEndPoint ip => $"{scheme}://{ip}",
            _ => throw new ServeException(ServeExitCode.Usage, $"Descriptor {descriptor}, which the service manager handed over, is no socket that listens."),
        };
    }

    private static string? Take(string variable)
    {
        string? value = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, null);
        return value;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A worker, as one supervisor tells the next of it.</summary>
/// <param name="ProcessId">Its process.</param>
/// <param name="Entry">Its entry on the board.</param>
/// <remarks>A class, as <see cref="InheritedListener"/> is: what collections of structures do would have to be compiled on the way to the first worker.</remarks>
internal sealed record InheritedWorker(int ProcessId, int Entry);
