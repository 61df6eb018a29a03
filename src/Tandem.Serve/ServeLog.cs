using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tandem.Output;
using Tandem.Serve.Os;

namespace Tandem.Serve;

/// <summary>
/// The supervisor's own lines and those of its workers, with who wrote them: on standard output, or in a file that can be opened anew. A
/// thread of its own writes them, so that nothing that supervises waits for a stream.
/// </summary>
internal sealed class ServeLog : IDisposable, ILineTarget<ServeLog.Line>
{
    /// <summary>How long a reader that takes nothing is waited for at the end.</summary>
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(1);

    /// <summary>The supervisor's own lines have room left when workers have filled theirs.</summary>
    private static readonly LineLimits Limits = new(Lines: 10_000, Characters: 2 << 20, VitalLines: 1_000, VitalCharacters: 512 << 10);

    private readonly LineWriter<Line> _writer;
    private readonly string? _path;
    private LogDescriptor _descriptor; // replaced by the thread that writes
    private int _mustReopen;

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

    /// <summary>A line of the supervisor's.</summary>
    internal void Write(string line) => Post(Line.Own(line), isVital: true);

    /// <summary>A line of a worker's.</summary>
    internal void Write(int worker, string line) => Post(new Line(string.Create(CultureInfo.InvariantCulture, $"[{worker}] {line}")), isVital: false);

    /// <summary>Has the file be opened anew, which may have been moved away meanwhile, before the next line is written.</summary>
    internal void Reopen()
    {
        if (_path is null)
            return;

        Volatile.Write(ref _mustReopen, 1);
        Volatile.Read(ref _descriptor).GiveUp();
        Post(Line.Nothing, isVital: true); // the file is to be there also when nobody has anything to say
    }

    /// <summary>Completes when all lines so far are written, or the stream has taken none for a while.</summary>
    internal Task FlushAsync(TimeSpan? stall = null) => _writer.FlushAsync(stall ?? StallLimit);

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The time of a line of the log; and the end of the process waits for the last lines.")]
    public void Dispose()
    {
        FlushAsync().GetAwaiter().GetResult();
        _writer.Close();
    }

    bool ILineTarget<Line>.TryWrite(Line line)
    {
        if (Interlocked.Exchange(ref _mustReopen, 0) == 1)
            OpenAnew();

        return ReferenceEquals(line, Line.Nothing) || _descriptor.TryWrite(line.Text);
    }

    bool ILineTarget<Line>.TryReport(long dropped)
    {
        if (Interlocked.Exchange(ref _mustReopen, 0) == 1)
            OpenAnew();

        return _descriptor.TryWrite(Line.Own($"{dropped} lines of output are missing here: nobody took them in time, or they could not be written").Text);
    }

    private void OpenAnew()
    {
        LogDescriptor former = _descriptor;
        try
        {
            Volatile.Write(ref _descriptor, Open());
            former.Dispose();
        }
        catch (IOException e)
        {
            former.TakeBack();
            _ = former.TryWrite(Line.Own($"the log file '{_path}' cannot be opened anew, so the one that is open stays: {e.Message}").Text);
        }
    }

    private void Post(Line line, bool isVital) => _writer.Post(line, line.Text.Length, isVital);

    private LogDescriptor Open() => _path is null ? LogDescriptor.OfStandardOutput() : LogDescriptor.OfFile(_path);

    /// <summary>A line as it is written.</summary>
    internal sealed class Line(string text)
    {
        /// <summary>Only wakes the thread that writes.</summary>
        internal static readonly Line Nothing = new("");

        internal string Text { get; } = text;

        [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The time of a line of the log; and the end of the process waits for the last lines.")]
        internal static Line Own(string line) =>
            new($"[tandem] {DateTimeOffset.Now.ToString("yyyy-MM-dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture)} {line}");
    }
}
