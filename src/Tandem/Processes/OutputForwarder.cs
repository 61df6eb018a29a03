using Microsoft.Extensions.Logging;
using Tandem.Launch;
using Tandem.Output;

namespace Tandem.Processes;

/// <summary>
/// Passes on what workers write: to a logger, or to this process's own streams. What writes is a thread apart, so neither a worker, nor the
/// watching of workers, nor the thread pool waits for a reader that is slow or gone. Lines that it does not take are dropped, counted and
/// reported.
/// </summary>
internal sealed class OutputForwarder
{
    /// <summary>How long a reader that takes nothing is waited for at the end.</summary>
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(1);

    private static readonly LineLimits Limits = new(Lines: 10_000, Characters: 8 << 20);

    // Of all pools, because the streams are this process's.
    private static readonly LineWriter<WorkerLine> Output = new("Tandem output", new StreamTarget(static () => Console.Out), Limits);
    private static readonly LineWriter<WorkerLine> Error = new("Tandem error output", new StreamTarget(static () => Console.Error), Limits);

    private readonly Action<int, string, bool>? _sink; // what the program does with its lines; null for what the pool does
    private readonly LineWriter<WorkerLine> _output;
    private readonly LineWriter<WorkerLine> _error;

    internal OutputForwarder(ProcessPoolOptions options)
    {
        _sink = LaunchableProgram.Of(options).OutputSink;
        if (options.LoggerFactory is { } loggers)
        {
            _output = _error = new LineWriter<WorkerLine>(
                $"Tandem {options.Name} output", new LoggerTarget(loggers.CreateLogger("Tandem.Worker.Output")), Limits);
        }
        else
        {
            (_output, _error) = (Output, Error);
        }
    }

    internal void Forward(ProcessWorker worker, string line, bool isError)
    {
        if (_sink is not null)
            _sink(worker.ProcessId, line, isError); // does not block
        else
            (isError ? _error : _output).Post(new WorkerLine(worker.ProcessId, line, isError), line.Length);
    }

    /// <summary>Waits until everything so far was passed on, but not for a reader that takes nothing.</summary>
    internal async Task EndAsync()
    {
        await Task.WhenAll(_output.FlushAsync(StallLimit), _error.FlushAsync(StallLimit)).ConfigureAwait(false);
        if (_output != Output)
            _output.Close();
    }

    private sealed record WorkerLine(int ProcessId, string Text, bool IsError);

    private sealed class StreamTarget(Func<TextWriter> stream) : ILineTarget<WorkerLine>
    {
        public bool TryWrite(WorkerLine line)
        {
            stream().WriteLine(line.Text);
            return true;
        }

        public bool TryReport(long dropped)
        {
            stream().WriteLine($"[Tandem: {dropped} lines of workers were dropped here, because this process's output took none]");
            return true;
        }
    }

    private sealed class LoggerTarget(ILogger logger) : ILineTarget<WorkerLine>
    {
        public bool TryWrite(WorkerLine line)
        {
            OutputLog.Line(logger, line.IsError ? LogLevel.Warning : LogLevel.Information, line.ProcessId, line.Text);
            return true;
        }

        public bool TryReport(long dropped)
        {
            OutputLog.Dropped(logger, dropped);
            return true;
        }
    }
}
