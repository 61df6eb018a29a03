using System.IO.Pipes;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>Reads what a process writes, line by line, until its end.</summary>
internal sealed class OutputPipe
{
    /// <summary>More than any pipe holds: what comes after the exit beyond this comes from somebody else, who has the pipe from the process.</summary>
    internal const long LargestPipe = 1 << 20;

    /// <summary>How long nothing has to come, after the exit, before the pipe counts as held open by somebody else.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly Stream _stream;
    private readonly Action<string> _onLine;
    private readonly Task _reading;
    private long _read;
    private volatile bool _isClosed;

    internal OutputPipe(Stream stream, Action<string> onLine)
    {
        _stream = stream;
        _onLine = onLine;
        _reading = ReadAsync();
    }

    /// <summary>
    /// After the exit: completes when all that the process wrote has been delivered. Then the pipe is closed. Somebody else may have it from
    /// the process, and write to it, or keep it open, without end: that is neither read nor waited for.
    /// </summary>
    internal async Task DrainAsync()
    {
        await WaitForEndAsync().ConfigureAwait(false);
        _isClosed = true;
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private async Task WaitForEndAsync()
    {
        long before = Volatile.Read(ref _read);
        long last = before;
        while (await Task.WhenAny(_reading, Task.Delay(Silence)).ConfigureAwait(false) != _reading)
        {
            long read = Volatile.Read(ref _read);
            // On a busy machine this reader may not have had its turn in that time: then there is something to read.
            if (read - before > LargestPipe || (read == last && !HoldsMore()))
                return;

            last = read;
        }
    }

    private bool HoldsMore()
    {
        if (OperatingSystem.IsWindows() || _stream is not PipeStream pipe)
            return false;

        try
        {
            return Libc.HoldsBytes((int)pipe.SafePipeHandle.DangerousGetHandle());
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task ReadAsync()
    {
        var lines = new LineSplitter(Tell);
        byte[] buffer = new byte[8192];
        try
        {
            while (!_isClosed && await _stream.ReadAsync(buffer).ConfigureAwait(false) is > 0 and int read)
            {
                lines.Append(buffer.AsSpan(0, read));
                Volatile.Write(ref _read, _read + read);
            }
        }
        catch (Exception e) when (_isClosed || e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The pipe went with the process, or was closed here.
        }

        lines.End();
    }

    /// <summary>Whatever is wrong with who hears the line: reading goes on, or the process would stand still at a full pipe.</summary>
    private void Tell(string line)
    {
        try
        {
            _onLine(line);
        }
        catch (Exception e)
        {
            Background.Report(e);
        }
    }
}
