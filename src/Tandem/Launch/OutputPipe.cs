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
        _reading = OperatingSystem.IsWindows() ? ReadOnThread() : ReadAsync(isSynchronous: false);
    }

    /// <summary>
    /// Called after the exit: completes when everything that the process wrote has been delivered, and closes the pipe. Another process
    /// may have inherited the pipe and write to it, or keep it open, without end: this is neither read nor waited for.
    /// </summary>
    internal async Task DrainAsync()
    {
        await WaitForEndAsync().ConfigureAwait(false);
        _isClosed = true;
        if (OperatingSystem.IsWindows())
            CancelRead();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends a read that waits. On Windows, closing the handle does not end it.</summary>
    private void CancelRead()
    {
        try
        {
            if (_stream is FileStream file)
                Kernel32.CancelIo(file.SafeFileHandle);
            else if (_stream is PipeStream pipe)
                Kernel32.CancelIo(pipe.SafePipeHandle);
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            // Nothing waits any more.
        }
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

    /// <summary>
    /// Reads on a thread. On Windows, .NET opens these pipes for synchronous use, so an asynchronous read would hold a thread of the
    /// thread pool as long as the process runs.
    /// </summary>
    private Task ReadOnThread()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Background.Thread("Tandem output", 128 * 1024, Read, _ => ended.TrySetResult()).UnsafeStart();
        return ended.Task;

        void Read()
        {
            _ = ReadAsync(isSynchronous: true); // has completed when it returns
            ended.TrySetResult();
        }
    }

    private async Task ReadAsync(bool isSynchronous)
    {
        var lines = new LineSplitter(Deliver);
        byte[] buffer = new byte[8192];
        try
        {
            while (!_isClosed)
            {
                int read = isSynchronous ? _stream.Read(buffer) : await _stream.ReadAsync(buffer).ConfigureAwait(false);
                if (read <= 0)
                    break;

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
