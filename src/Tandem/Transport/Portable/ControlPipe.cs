using System.IO.Pipes;
using Tandem.BackgroundWork;

namespace Tandem.Transport.Portable;

/// <summary>The parent's end of a pipe for control frames, which must not wait behind anything else.</summary>
internal sealed class ControlPipe : IDisposable
{
    private readonly NamedPipeServerStream _pipe;
    private readonly object _gate = new(); // guards all fields below
    private readonly FrameBuffer _frames = new(); // frames that are not written yet
    private bool _isConnected; // whether the worker has connected
    private bool _isWriting; // at most one write runs at a time
    private bool _isClosed;

    internal ControlPipe(string name) => _pipe = new NamedPipeServerStream(
        name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);

    /// <summary>Waits for the worker, and then writes what was sent before.</summary>
    internal async Task ConnectAsync(CancellationToken token)
    {
        await _pipe.WaitForConnectionAsync(token).ConfigureAwait(false);
        lock (_gate)
        {
            _isConnected = true;
            Flush();
        }
    }

    /// <summary>Waits until the worker closes its end. A worker sends nothing on this pipe.</summary>
    internal async Task WaitForEndAsync(CancellationToken token)
    {
        byte[] buffer = new byte[1];
        try
        {
            while (await _pipe.ReadAsync(buffer, token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (IOException)
        {
            // The pipe is broken, which is an end too.
        }
    }

    /// <summary>
    /// Writes a frame at once. Does not block if the worker reads nothing, because it is called under the pool's lock: a frame that cannot
    /// be written now is written when the current write completes.
    /// </summary>
    internal void Send(FrameKind kind, int slot, uint sequence, int extra)
    {
        lock (_gate)
        {
            Append(kind, slot, sequence, extra);
            Flush();
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _isClosed = true;
        _pipe.Dispose();
    }

    private unsafe void Append(FrameKind kind, int slot, uint sequence, int extra) =>
        _frames.Append(kind, slot, sequence, extra, [], null, 0);

    private void Flush()
    {
        if (!_isConnected || _isClosed || _isWriting || _frames.Length == 0)
            return;

        byte[] bytes = _frames.Bytes.ToArray();
        _frames.Clear();
        Task written;
        try
        {
            written = _pipe.WriteAsync(bytes, 0, bytes.Length);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            return; // the worker has exited; its exit is reported separately
        }

        if (written.IsCompleted)
        {
            _ = written.Exception; // observed; see above
            return;
        }

        _isWriting = true;
        written.ContinueWith(
            static (task, pipe) =>
            {
                _ = task.Exception;
                Background.Run(((ControlPipe)pipe!).OnWritten);
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private void OnWritten()
    {
        lock (_gate)
        {
            _isWriting = false;
            Flush();
        }
    }
}
