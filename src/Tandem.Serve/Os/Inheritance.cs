using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tandem.Interop;
using Tandem.Serve.Listening;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Os;

/// <summary>
/// What a supervisor inherits from the process that started it: sockets of a service manager (LISTEN_FDS), or, if it replaced another
/// supervisor in the same process (USR2), the sockets, board and workers of that supervisor.
/// </summary>
internal sealed class Inheritance
{
    private const string StateVariable = "TANDEM_SERVE_STATE";
    private const string OurListener = "listener";
    private const string IgnoresHangUps = "nohup";
    private const int FirstListenDescriptor = 3;

    /// <summary>The signals that a supervisor handles and that terminate a program which does not handle them.</summary>
    private static readonly int[] Signals = [Libc.SIGHUP, Libc.SIGUSR1, Libc.SIGUSR2, Libc.SIGTTIN, Libc.SIGTTOU];

    /// <summary>The previous supervisor's board; null if there is no previous supervisor.</summary>
    internal Board? Board { get; private init; }

    /// <summary>The previous supervisor's workers, which serve until new ones do.</summary>
    internal IReadOnlyList<InheritedWorker> Workers { get; private init; } = [];

    /// <summary>The inherited sockets.</summary>
    internal IReadOnlyList<InheritedListener> Listeners { get; private init; } = [];

    /// <summary>The previous supervisor's intended number of workers; null if there is no previous supervisor.</summary>
    internal int? Target { get; private init; }

    /// <summary>The addresses of the service manager's sockets, for an application that gets no other addresses.</summary>
    internal List<string> Urls { get; } = [];

    /// <summary>Reads the inherited state, and removes it from the environment, so that workers do not use it.</summary>
    internal static Inheritance Take(TimeProvider time)
    {
        string? state = Take(StateVariable);
        string? count = Take("LISTEN_FDS");
        string? process = Take("LISTEN_PID");
        string[] names = (Take("LISTEN_FDNAMES") ?? "").Split(':');
        if (state is not null)
            return OfPrevious(state, time);

        if (!int.TryParse(count, CultureInfo.InvariantCulture, out int sockets)
            || !int.TryParse(process, CultureInfo.InvariantCulture, out int pid)
            || pid != Environment.ProcessId)
        {
            return new Inheritance();
        }

        var inherited = new Inheritance
        {
            Listeners = [.. Enumerable.Range(FirstListenDescriptor, sockets)
                .Select(static fd => new InheritedListener(fd, IsOurs: false, ""))]
        };
        for (int i = 0; i < sockets; i++)
            inherited.Urls.Add(UrlOf(FirstListenDescriptor + i, i < names.Length ? names[i] : ""));

        return inherited;
    }

    /// <summary>
    /// Replaces this supervisor with a new one, from the program's file as it is now, in this process. Returns only if that fails, with the
    /// reason.
    /// </summary>
    internal static string Replace(
        ListenerStore listeners, Board board, IEnumerable<InheritedWorker> workers, int target, SystemdNotifier notifier)
    {
        string[] arguments = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
        // The arguments before the command say how the program is run, for example by `dotnet`. The program is tried first, because after
        // `exec` there is no way back.
        int command = Array.IndexOf(arguments, "serve");
        if (Trial.ProblemOf(Environment.ProcessPath!, [.. arguments.AsSpan(1..Math.Max(1, command)), "--version"]) is { } problem)
            return problem;

        var lines = new List<string>
        {
            $"{Number(board.Descriptor)} {Number(target)}{(Libc.IsIgnored(Libc.SIGHUP) ? $" {IgnoresHangUps}" : "")}"
        };
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

        // Signals that arrive before the new program handles them would terminate it.
        Libc.SignalAction[] actions = Libc.IgnoreSignals(Signals);
        string error = Libc.Execute(Environment.ProcessPath!, arguments, [.. environment]);

        // The call failed. Workers must not inherit any of this.
        Libc.RestoreSignals(Signals, actions);
        foreach (int descriptor in descriptors)
            _ = Libc.Fcntl(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
        Environment.SetEnvironmentVariable(StateVariable, null);
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", null);
        return error;
    }

    private static Inheritance OfPrevious(string state, TimeProvider time)
    {
        string[] lines = state.Split('\n');
        string[] first = lines[0].Split(' ');
        // The signals are ignored until now, and .NET does not handle signals that are ignored at its start. So restore their default
        // action; the supervisor handles them in a moment.
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

        return new Inheritance
        {
            Board = Board.Open(descriptor, time),
            Workers = workers,
            Listeners = listeners,
            Target = int.Parse(first[1], CultureInfo.InvariantCulture)
        };
    }

    private static string UrlOf(int descriptor, string name)
    {
        using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: false));
        string scheme = name.StartsWith("https", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        return socket.LocalEndPoint switch
        {
            UnixDomainSocketEndPoint unix => $"{scheme}://unix:{unix}",
            IPEndPoint ip => $"{scheme}://{ip}",
            _ => throw new ServeException(
                ServeExitCode.Usage, $"Descriptor {descriptor}, which the service manager passed, is not a listening socket."),
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
