using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Tandem.Launch;
using Tandem.Telemetry;

namespace Tandem.Processes;

/// <summary>The last lines that a worker wrote to standard error.</summary>
internal sealed class OutputTail
{
    private const int Lines = 200;
    private const int Characters = 16 * 1024;

    private readonly Queue<(long Time, string Line)> _lines = new();
    private int _characters;

    internal void Add(string line)
    {
        lock (_lines)
        {
            _lines.Enqueue((Stopwatch.GetTimestamp(), line));
            _characters += line.Length;
            while (_lines.Count > 1 && (_lines.Count > Lines || _characters > Characters))
                _characters -= _lines.Dequeue().Line.Length;
        }
    }

    /// <summary>The lines that have come since a time in stopwatch ticks.</summary>
    internal string Since(long time)
    {
        lock (_lines)
            return string.Join('\n', _lines.Where(entry => entry.Time >= time).Select(static entry => entry.Line));
    }

    public override string ToString() => Since(long.MinValue);
}

/// <summary>
/// Passes on what workers write: to a logger, or to this process's own streams. On the thread pool, so that a reader of our output
/// that is slow or gone never holds up the watching of workers; what it cannot take is dropped and counted.
/// </summary>
internal sealed class OutputForwarder
{
    private const int MaximumWaiting = 10_000;

    private readonly ILogger? _logger;
    private readonly GuestProgram? _guest;
    private readonly Queue<Entry> _waiting = new();
    private TaskCompletionSource? _flushed;
    private int _dropped;
    private bool _running;

    private sealed record Entry(int Worker, string Line, bool IsError);

    internal OutputForwarder(WorkerPoolOptions options)
    {
        _logger = options.LoggerFactory?.CreateLogger("Tandem.Worker.Output");
        _guest = options.Guest;
    }

    internal void Forward(ProcessWorker worker, string line, bool isError)
    {
        lock (_waiting)
        {
            if (_waiting.Count >= MaximumWaiting)
            {
                _dropped++;
                return;
            }

            _waiting.Enqueue(new Entry(worker.ProcessId, line, isError));
            if (_running)
                return;

            _running = true;
        }

        Background.Queue(static forwarder => forwarder.Execute(), this, static (forwarder, _) => forwarder.GiveUp());
    }

    /// <summary>Waits until everything so far was passed on, but not for a reader that takes nothing.</summary>
    internal Task FlushAsync()
    {
        lock (_waiting)
        {
            if (!_running)
                return Task.CompletedTask;

            _flushed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return Task.WhenAny(_flushed.Task, Task.Delay(TimeSpan.FromSeconds(1)));
        }
    }

    /// <summary>What is to be called cannot be: what waits is lost, and the next line tries again.</summary>
    private void GiveUp()
    {
        lock (_waiting)
        {
            _dropped += _waiting.Count;
            _waiting.Clear();
            _running = false;
            _flushed?.TrySetResult();
        }
    }

    private void Execute()
    {
        while (true)
        {
            Entry next;
            lock (_waiting)
            {
                if (_waiting.Count == 0)
                {
                    _running = false;
                    _flushed?.TrySetResult();
                    return;
                }

                next = _waiting.Dequeue();
                if (_dropped > 0 && _waiting.Count == 0)
                {
                    next = next with { Line = $"{next.Line} [{_dropped} lines were dropped: nobody took them in time]" };
                    _dropped = 0;
                }
            }

            try
            {
                if (_guest is not null)
                    _guest.OnOutput(next.Worker, next.Line, next.IsError);
                else if (_logger is not null)
                    _logger.Log(next.IsError ? LogLevel.Warning : LogLevel.Information, "[worker {ProcessId}] {Line}", next.Worker, next.Line);
                else
                    (next.IsError ? Console.Error : Console.Out).WriteLine(next.Line);
            }
            catch (Exception)
            {
                // Nobody reads this process's output any more; the workers' lines end where its own do. Or a logger has failed.
            }
        }
    }
}
