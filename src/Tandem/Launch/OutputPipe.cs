using System.Diagnostics.CodeAnalysis;
using System.IO.Pipes;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>Reads the output of a process line by line until its end.</summary>
internal sealed class OutputPipe
{
    /// <summary>
    /// Larger than the capacity of any pipe. If more bytes arrive after the exit, another process that inherited the pipe has written
    /// them.
    /// </summary>
    internal const long LargestPipe = 1 << 20;

    /// <summary>How long the pipe must be silent after the exit until it counts as held open by another process.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly Stream _stream;
    private readonly Action<string> _onLine;
    private readonly Task _reading;
    private long _read; // bytes read so far
    private volatile bool _isClosed; // reading stops

    internal OutputPipe(Stream stream, Action<string> onLine)
    {
        _stream = stream;
        _onLine = onLine;
        _reading = ReadAsync();
    }

    /// <summary>
    /// Called after the exit: completes when everything that the process wrote has been delivered, and closes the pipe. Another process
    /// may have inherited the pipe and write to it, or keep it open, without end: this is neither read nor waited for.
    /// </summary>
    internal async Task DrainAsync()
    {
        await WaitForEndAsync().ConfigureAwait(false);
        _isClosed = true;
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "A pipe that a descendant holds open never ends; only silence shows it.")]
    private async Task WaitForEndAsync()
    {
        long before = Volatile.Read(ref _read);
        long last = before;
        while (await Task.WhenAny(_reading, Task.Delay(Silence)).ConfigureAwait(false) != _reading)
        {
            long read = Volatile.Read(ref _read);
            // On a busy machine this reader may not have run during that time: then the pipe still holds data.
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
        var lines = new LineSplitter(Deliver);
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
            // The pipe broke with the process, or was closed here.
        }

        lines.End();
    }

    /// <summary>Delivers a line. If the receiver throws, reading continues: otherwise the process would block on a full pipe.</summary>
    private void Deliver(string line)
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
