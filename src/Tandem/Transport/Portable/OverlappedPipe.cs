using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tandem.Interop;

namespace Tandem.Transport.Portable;

/// <summary>
/// Reads and writes a named pipe on Windows. An operation blocks its own thread only: one thread may read while another one writes, and
/// disposing ends an operation that waits.
/// </summary>
/// <remarks>
/// Neither kind of <see cref="PipeStream"/> can do that. Windows runs the operations on a synchronous handle one after the other, so a thread
/// that waits in a read blocks all others, also the one that closes the handle. For an asynchronous handle, .NET completes the operations
/// on the thread pool, so they would wait while user code blocks the threads of the pool. This class waits for an event instead.
/// </remarks>
internal sealed unsafe class OverlappedPipe : Stream
{
    private const int ERROR_BROKEN_PIPE = 109;
    private const int ERROR_NO_DATA = 232;
    private const int ERROR_PIPE_NOT_CONNECTED = 233;
    private const int ERROR_IO_PENDING = 997;

    private readonly PipeStream _pipe;
    private readonly SafePipeHandle _handle;
    private readonly ManualResetEvent _read = new(false); // set when a read has completed
    private readonly ManualResetEvent _written = new(false); // set when a write has completed
    private bool _isClosing; // operations are cancelled

    private OverlappedPipe(PipeStream pipe)
    {
        _pipe = pipe;
        _handle = pipe.SafePipeHandle;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Returns a stream over a pipe that was opened for asynchronous use. Disposing the stream closes the pipe.</summary>
    /// <remarks>At most one thread may read at a time, and at most one may write.</remarks>
    internal static Stream Over(PipeStream pipe) => OperatingSystem.IsWindows() ? new OverlappedPipe(pipe) : pipe;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;

        fixed (byte* start = buffer)
        {
            int error = Transfer(start, buffer.Length, isWrite: false, _read, out int count);
            return error switch
            {
                0 => count,
                ERROR_BROKEN_PIPE or ERROR_PIPE_NOT_CONNECTED => 0,
                _ => throw Failure(error),
            };
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (int at = 0; at < buffer.Length;)
            {
                if (Transfer(start + at, buffer.Length - at, isWrite: true, _written, out int count) is not 0 and var error)
                    throw Failure(error);

                at += count;
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Volatile.Write(ref _isClosing, true);
            Interlocked.MemoryBarrier(); // see Transfer
            try
            {
                Kernel32.CancelIo(_handle);
            }
            catch (ObjectDisposedException)
            {
                // Closed before, and no operation is left.
            }

            _pipe.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Runs an operation to its end. Returns 0, or the error number.</summary>
    private int Transfer(byte* buffer, int length, bool isWrite, ManualResetEvent done, out int count)
    {
        count = 0;
        bool isHeld = false;
        try
        {
            // The handle stays open until the operation has ended: Windows writes to the structure on this stack meanwhile.
            _handle.DangerousAddRef(ref isHeld);
            nint pipe = _handle.DangerousGetHandle();
            // With the lowest bit set, the completion is not reported to the thread pool as well.
            var overlapped = new Kernel32.Overlapped { Event = done.SafeWaitHandle.DangerousGetHandle() | 1 };
            int transferred = 0;
            int started = isWrite
                ? Kernel32.WriteFile(pipe, buffer, length, null, &overlapped)
                : Kernel32.ReadFile(pipe, buffer, length, null, &overlapped);
            if (started == 0 && Marshal.GetLastPInvokeError() is not ERROR_IO_PENDING and var error)
                return error;

            // Dispose sets the field and then cancels. So either it has cancelled this operation, or this thread sees the field.
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _isClosing))
                Kernel32.CancelIo(_handle);
            int ended = Kernel32.GetOverlappedResult(pipe, &overlapped, &transferred, 1);
            count = transferred;
            return ended != 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        finally
        {
            if (isHeld)
                _handle.DangerousRelease();
        }
    }

    private Exception Failure(int error) =>
        Volatile.Read(ref _isClosing) ? new ObjectDisposedException(nameof(OverlappedPipe))
        : new IOException(error is ERROR_NO_DATA or ERROR_BROKEN_PIPE ? "The other side has closed the pipe." : Marshal.GetPInvokeErrorMessage(error));
}
