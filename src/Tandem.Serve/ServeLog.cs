using System.Globalization;

namespace Tandem.Serve;

/// <summary>The supervisor's own lines and those of its workers, with who wrote them: on standard output, or in a file that can be opened anew.</summary>
internal sealed class ServeLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string? _path;
    private TextWriter _writer;

    /// <param name="path">The file; null for standard output.</param>
    internal ServeLog(string? path)
    {
        _path = path is null ? null : Path.GetFullPath(path);
        _writer = Open();
    }

    /// <summary>A line of the supervisor's.</summary>
    internal void Write(string line) => WriteLine($"[tandem] {DateTimeOffset.Now.ToString("yyyy-MM-dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture)} {line}");

    /// <summary>A line of a worker's.</summary>
    internal void Write(int worker, string line) => WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{worker}] {line}"));

    /// <summary>Opens the file anew, which may have been moved away meanwhile.</summary>
    internal void Reopen()
    {
        if (_path is null)
            return;

        lock (_lock)
        {
            _writer.Dispose();
            _writer = Open();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_path is not null)
                _writer.Dispose();
        }
    }

    private TextWriter Open()
    {
        try
        {
            return _path is null
                ? Console.Out
                : new StreamWriter(new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException(ServeExitCode.Usage, $"The log file '{_path}' cannot be written: {e.Message}", e);
        }
    }

    private void WriteLine(string line)
    {
        lock (_lock)
        {
            try
            {
                _writer.WriteLine(line);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // A full disk, or nobody who reads: serving goes on.
            }
        }
    }
}
