using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Tandem.Interop;
using Tandem.Serve.Control;

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>A `tandem serve` that a test has started, with the application of the tests unless told otherwise.</summary>
internal sealed partial class ServeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly TemporaryFolder _folder = new();
    private readonly HashSet<(int Id, long Started)> _workers = []; // numbers come again
    private readonly bool _hasOwnOutput;
    private int _held;

    private ServeProcess(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment, string? folder, IServeOutput? output)
    {
        string[] command = ["dotnet", Paths.Tool, "serve", "--control", ControlPath, .. arguments];
        command = output is null ? command : ["/bin/sh", "-c", output.Script, .. command];
        var info = new ProcessStartInfo(command[0], command.AsSpan(1).ToArray())
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        _hasOwnOutput = output is not null;
        output?.Begin(Add);
        // What makes long-lived servers faster makes their start slower, and here each lives for a moment.
        info.Environment["DOTNET_TieredPGO"] = "0";
        info.Environment["XDG_CACHE_HOME"] = Paths.Cache; // not the user's own
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
            info.Environment[name] = value;

        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where to send requests.</summary>
    internal Uri Address { get; private set; } = new("http://127.0.0.1/");

    internal IPEndPoint EndPoint => new(IPAddress.Loopback, Address.Port);

    internal int ProcessId => _process.Id;

    internal string ControlPath => _folder["control"];

    internal string Output
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    /// <summary>Starts it, and waits until it serves.</summary>
    internal static async Task<ServeProcess> StartAsync(params string[] options)
    {
        ServeProcess serve = Launch(["--urls", "http://127.0.0.1:0", .. options, .. options.Contains("--") || options is [.., var last] && last.EndsWith(".dll", StringComparison.Ordinal) ? (string[])[] : [Paths.App]]);
        try
        {
            await serve.ServingAsync();
            return serve;
        }
        catch
        {
            await serve.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it with just these arguments.</summary>
    /// <param name="arguments">What stands behind `tandem serve`.</param>
    /// <param name="environment">Variables beside this process's own.</param>
    /// <param name="folder">The current folder; null for this process's own.</param>
    /// <param name="output">Where its output goes; null for pipes that are read all the time.</param>
    internal static ServeProcess Launch(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? folder = null, IServeOutput? output = null) =>
        new(arguments, environment, folder, output);

    /// <summary>Waits until it serves.</summary>
    internal async Task ServingAsync()
    {
        string line = await LineAsync("serving on ");
        if (ServingOn().Match(line) is { Success: true } match)
            Address = new Uri(match.Value);
    }

    /// <summary>Waits for a line that contains a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="times">How many such lines to wait for.</param>
    /// <param name="deadline">How long it may take; null for as long as usual.</param>
    internal async Task<string> LineAsync(string text, int times = 1, TimeSpan? deadline = null)
    {
        string? found = null;
        await Eventually.Async(
            () =>
            {
                bool hasEnded = !_hasOwnOutput && _process.HasExited && IsDone(); // first, or it could say it and end in between
                lock (_lines)
                    found = _lines.Where(line => line.Contains(text, StringComparison.Ordinal)).ElementAtOrDefault(times - 1);

                Assert.False(found is null && hasEnded, $"It has ended before it said '{text}':\n{Output}");
                return found is not null;
            },
            deadline,
            otherwise: () => $"It did not say '{text}':\n{Output}");
        return found!;
    }

    internal async Task<ServeStatus> StatusAsync()
    {
        ServeStatus status = (await ControlClient.AskAsync(ControlPath, new ControlRequest("status"), CancellationToken.None)).Status!;
        lock (_workers)
        {
            foreach (int process in (int[])[.. status.Workers.Select(static worker => worker.ProcessId), .. status.Standbys])
            {
                if (ProcStat.OfProcess(process) is { } stat)
                    _workers.Add((process, stat.Started));
            }
        }

        return status;
    }

    /// <summary>Waits until the workers are as they are to be.</summary>
    internal async Task<ServeStatus> StatusAsync(Func<ServeStatus, bool> isExpected)
    {
        ServeStatus status = await StatusAsync();
        long end = Environment.TickCount64 + (long)Limits.Condition.TotalMilliseconds;
        while (!isExpected(status))
        {
            Assert.True(Environment.TickCount64 < end, $"It is not as it should be: {status}\n{string.Join('\n', status.Workers)}\n{Output}");
            await Task.Delay(10);
            status = await StatusAsync();
        }

        return status;
    }

    /// <summary>Waits until all workers take connections, which they begin to do when it says that it serves.</summary>
    internal Task<ServeStatus> AcceptingAsync() =>
        StatusAsync(static status => status.Workers.Count == status.Target && status.Workers.All(static worker => worker.State == "accepting"));

    internal Task<ControlResponse> AskAsync(string command, int workers = 0) =>
        ControlClient.AskAsync(ControlPath, new ControlRequest(command, workers), CancellationToken.None);

    internal void Signal(int signal) => Assert.Equal(0, Libc.Kill(_process.Id, signal));

    /// <summary>Waits for its end.</summary>
    internal async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Condition);
        await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.True(_process.HasExited, $"It has not ended:\n{Output}");
        return _process.ExitCode;
    }

    /// <summary>A client that makes a connection for each request.</summary>
    internal HttpClient CreateClient(bool keepsAlive = false)
    {
        var client = new HttpClient { BaseAddress = Address, Timeout = Timeout.InfiniteTimeSpan }; // the test has a limit
        client.DefaultRequestHeaders.ConnectionClose = !keepsAlive;
        return client;
    }

    /// <summary>Asks once, on a connection of its own.</summary>
    internal async Task<string> GetAsync(string path)
    {
        using HttpClient client = CreateClient();
        return await client.GetStringAsync(path);
    }

    /// <summary>Asks once, and does not wait for an answer. Clients for HTTP ask again by themselves when a connection breaks.</summary>
    internal async Task<Socket> SendAsync(string path)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(EndPoint);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        return socket;
    }

    /// <summary>Asks for what is not answered before the test wants it to be, and waits until the application has the request.</summary>
    internal async Task<HeldRequest> HoldAsync()
    {
        var held = new HeldRequest(_folder[$"held-{Interlocked.Increment(ref _held)}"], GetAsync);
        await held.BegunAsync();
        return held;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await StatusOrNothingAsync();
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        foreach ((int worker, _) in _workers.Where(IsAlive))
            _ = Libc.Kill(-worker, Libc.SIGKILL);

        await Eventually.Async(() => !_workers.Any(IsAlive));
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task StatusOrNothingAsync()
    {
        try
        {
            await StatusAsync();
        }
        catch (ServeException)
        {
            // It has come not so far, or is about to end.
        }
    }

    private static bool IsAlive((int Id, long Started) process) =>
        ProcStat.OfProcess(process.Id) is { HasEnded: false } stat && stat.Started == process.Started;

    private bool IsDone()
    {
        _process.WaitForExit(); // all of its output is here then
        return true;
    }

    private void Add(string? line)
    {
        if (line is null)
            return;

        lock (_lines)
            _lines.Add(line);
    }

    [GeneratedRegex(@"https?://127\.0\.0\.1:\d+")]
    private static partial Regex ServingOn();
}
