using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Output;
using Tandem.Serve.Os;

namespace Tandem.Serve;

/// <summary>
/// Writes the supervisor's lines and those of its workers, each with its source, to standard output or to a file that can be reopened. A
/// dedicated thread writes them, so that the supervisor never waits for a stream.
/// </summary>
internal sealed class ServeLog : IDisposable, ILineTarget<ServeLog.Line>
{
    /// <summary>How long a flush waits for a reader that reads nothing.</summary>
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(1);

    /// <summary>The supervisor's own lines still have room when workers' lines have filled their part.</summary>
    private static readonly LineLimits Limits = new(Lines: 10_000, Characters: 2 << 20, VitalLines: 1_000, VitalCharacters: 512 << 10);

    private readonly LineWriter<Line> _writer;
    private readonly string? _path; // null for standard output
    private LogDescriptor _descriptor; // replaced by the writing thread
    private int _mustReopen; // 1 if the writing thread must reopen the file before the next line

    /// <param name="path">The file; null for standard output.</param>
    internal ServeLog(string? path)
    {
        _path = path is null ? null : Path.GetFullPath(path);
        try
        {
            _descriptor = Open();
        }
        catch (IOException e)
        {
            throw new ServeException(ServeExitCode.Usage, $"The log file '{_path}' cannot be written: {e.Message}.", e);
        }

        _writer = new LineWriter<Line>("Tandem log", this, Limits);
    }

    /// <summary>Logs a line of the supervisor.</summary>
    internal void Write(string line) => Post(Line.Own(line), isVital: true);

    /// <summary>Logs a line of a worker's output.</summary>
    internal void Write(int worker, string line) =>
        Post(new Line(string.Create(CultureInfo.InvariantCulture, $"[{worker}] {line}")), isVital: false);

    /// <summary>Reopens the file before the next line is written, because the file may have been moved away (log rotation).</summary>
    internal void Reopen()
    {
        if (_path is null)
            return;

        Volatile.Write(ref _mustReopen, 1);
        Volatile.Read(ref _descriptor).Abandon();
        Post(Line.Nothing, isVital: true); // creates the file even if there is nothing to log
    }

    /// <summary>Completes when all lines so far are written, or when the stream has accepted nothing for a while.</summary>
    internal Task FlushAsync(TimeSpan? stall = null) => _writer.FlushAsync(stall ?? StallLimit);

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "The time of a line of the log; and the end of the process waits for the last lines.")]
    public void Dispose()
    {
        FlushAsync().GetAwaiter().GetResult();
        _writer.Close();
    }

    bool ILineTarget<Line>.TryWrite(Line line)
    {
        if (Interlocked.Exchange(ref _mustReopen, 0) == 1)
            ReopenNow();

        return ReferenceEquals(line, Line.Nothing) || _descriptor.TryWrite(line.Text);
    }

    bool ILineTarget<Line>.TryReport(long dropped)
    {
        if (Interlocked.Exchange(ref _mustReopen, 0) == 1)
            ReopenNow();

        return _descriptor.TryWrite(
            Line.Own($"{dropped} lines of output are missing here: nothing read them in time, or they could not be written").Text);
    }

    private void ReopenNow()
    {
        LogDescriptor former = _descriptor;
        try
        {
            Volatile.Write(ref _descriptor, Open());
            former.Dispose();
        }
        catch (IOException e)
        {
            former.Resume();
            _ = former.TryWrite(Line.Own($"the log file '{_path}' cannot be reopened, so the open file stays in use: {e.Message}").Text);
        }
    }

    private void Post(Line line, bool isVital) => _writer.Post(line, line.Text.Length, isVital);

    private LogDescriptor Open() => _path is null ? LogDescriptor.OfStandardOutput() : LogDescriptor.OfFile(_path);

    /// <summary>One line of the log.</summary>
    internal sealed class Line(string text)
    {
        /// <summary>Only wakes the writing thread.</summary>
        internal static readonly Line Nothing = new("");

        internal string Text { get; } = text;

        [SuppressMessage(
            "ApiDesign", "RS0030:Do not use banned APIs",
            Justification = "The time of a line of the log; and the end of the process waits for the last lines.")]
        internal static Line Own(string line) =>
            new($"[tandem] {DateTimeOffset.Now.ToString("yyyy-MM-dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture)} {line}");
    }
}
