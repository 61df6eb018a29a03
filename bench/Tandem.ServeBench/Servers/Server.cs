using System.Diagnostics;
using System.Net;
using Tandem.LoadClient;

namespace Tandem.ServeBench.Servers;

/// <summary>A server under test, started by a command line.</summary>
internal sealed class Server : IAsyncDisposable
{
    private const int TailLength = 20;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly ServerCommand _command;
    private readonly Process _process;
    private readonly string _control;
    private readonly Queue<string> _tail = new();

    private Server(ServerCommand command, Process process, int port, string control)
    {
        (_command, _process, _control) = (command, process, control);
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
    }

    internal IPEndPoint EndPoint { get; }

    internal int Pid => _process.Id;

    internal bool IsRunning => !_process.HasExited;

    internal bool IsSupervised => _command.Tool is not null;

    /// <summary>From before the command was started to the first right answer.</summary>
    internal TimeSpan TimeToReady { get; private set; }

    internal static async Task<Server> StartAsync(ServerCommand command, Transport transport)
    {
        int port = Os.FreePort();
        string control = Path.Combine(Path.GetTempPath(), $"tandem-bench-{Environment.ProcessId}-{port}.sock");
        string[] line = command.Start($"{(transport.Certificate is null ? "http" : "https")}://127.0.0.1:{port}", control, transport.AppArguments);
        var info = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["XDG_CACHE_HOME"] = command.Cache } };
        long start = Stopwatch.GetTimestamp();
        Process process = Process.Start(info)!;
        var server = new Server(command, process, port, control);
        process.OutputDataReceived += (_, e) => server.Keep(e.Data);
        process.ErrorDataReceived += (_, e) => server.Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await server.WaitAsync(transport);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        server.TimeToReady = Stopwatch.GetElapsedTime(start);
        return server;
    }

    /// <summary>The processes that serve.</summary>
    internal int[] Workers()
    {
        if (!IsSupervised)
            return [Pid];

        int[] children = Os.Children(Pid);
        int[] running = [.. children.Where(pid => Os.RunsFile(pid, Path.GetFileName(_command.App)))];
        return running.Length > 0 ? running : children;
    }

    /// <summary>Waits until there are as many processes as should serve, or be ready to.</summary>
    internal async Task<int[]> WaitForWorkersAsync(TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        int[] workers;
        while ((workers = Workers()).Length < _command.Workers + _command.Spares + _command.Standbys && Stopwatch.GetElapsedTime(start) < limit)
            await Task.Delay(20);

        return workers;
    }

    /// <summary>Runs a control command and waits for its end.</summary>
    internal async Task TellAsync(params string[] what)
    {
        string[] line = _command.Control(_control, what);
        var info = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(info)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"serve {string.Join(' ', what)} did not end within 60 s.");
        }

        if (process.ExitCode != 0)
            throw new InvalidOperationException($"serve {string.Join(' ', what)} ended with {process.ExitCode}: {await output}{await error}");
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            Os.Signal(Pid, Os.Terminate);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Console.Error.WriteLine($"{_command.Name} did not stop within {StopLimit.TotalSeconds} s and was killed.");
                foreach (int child in Os.Children(Pid))
                    Os.Signal(child, Os.Kill);

                Os.Signal(Pid, Os.Kill);
            }
        }

        _process.Dispose();
        File.Delete(_control);
    }

    private async Task WaitAsync(Transport transport)
    {
        long start = Stopwatch.GetTimestamp();
        LoadOptions probe = transport.Apply(new LoadOptions { EndPoint = EndPoint, Count = 1, AnswerTimeout = TimeSpan.FromSeconds(2) });
        while ((await LoadRun.RunAsync(probe)).Requests == 0)
        {
            if (IsRunning && Stopwatch.GetElapsedTime(start) < StartLimit)
                continue;

            string said = string.Join('\n', Tail());
            throw new InvalidOperationException($"{_command.Name} gave no right answer{(IsRunning ? "" : $" and ended with {_process.ExitCode}")}. It said: {said}");
        }
    }

    private string[] Tail()
    {
        lock (_tail)
            return [.. _tail];
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;

        lock (_tail)
        {
            _tail.Enqueue(line);
            if (_tail.Count > TailLength)
                _tail.Dequeue();
        }
    }
}
