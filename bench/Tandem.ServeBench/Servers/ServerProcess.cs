using System.Diagnostics;
using Tandem.LoadClient;

namespace Tandem.ServeBench.Servers;

/// <summary>A process that serves. What it wrote last is kept, for when it does not answer.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int TailLength = 20;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly string _name;
    private readonly Process _process;
    private readonly Queue<string> _tail = new();

    private ServerProcess(string name, Process process) => (_name, _process) = (name, process);

    internal int Pid => _process.Id;

    internal bool IsRunning => !_process.HasExited;

    /// <summary>Starts a command line.</summary>
    /// <param name="name">Of the server, in messages.</param>
    /// <param name="line">The program and its arguments.</param>
    /// <param name="environment">What is added to this process's own environment.</param>
    internal static ServerProcess Start(string name, string[] line, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var info = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string variable, string value) in environment)
            info.Environment[variable] = value;

        var own = new ServerProcess(name, Process.Start(info)!);
        own._process.OutputDataReceived += (_, e) => own.Keep(e.Data);
        own._process.ErrorDataReceived += (_, e) => own.Keep(e.Data);
        own._process.BeginOutputReadLine();
        own._process.BeginErrorReadLine();
        return own;
    }

    /// <summary>Sends a request again and again, until the right answer comes.</summary>
    /// <exception cref="InvalidOperationException">None comes in time, or the process ended.</exception>
    internal async Task WaitForAnswerAsync(LoadOptions load)
    {
        long start = Stopwatch.GetTimestamp();
        LoadOptions probe = load with { Count = 1, AnswerTimeout = TimeSpan.FromSeconds(2) };
        while ((await LoadRun.RunAsync(probe)).Requests == 0)
        {
            if (IsRunning && Stopwatch.GetElapsedTime(start) < StartLimit)
                continue;

            string said = string.Join('\n', Tail());
            throw new InvalidOperationException($"{_name} gave no right answer{(IsRunning ? "" : $" and ended with {_process.ExitCode}")}. It said: {said}");
        }
    }

    /// <summary>What it wrote last.</summary>
    internal string[] Tail()
    {
        lock (_tail)
            return [.. _tail];
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
                Console.Error.WriteLine($"{_name} did not stop within {StopLimit.TotalSeconds} s and was killed.");
                foreach (int child in Os.Children(Pid))
                    Os.Signal(child, Os.Kill);

                Os.Signal(Pid, Os.Kill);
            }
        }

        _process.Dispose();
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
