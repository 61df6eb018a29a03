using System.IO.Pipes;
using System.Runtime.Versioning;
using Tandem.Interop;
using Tandem.Transport.SharedMemory;

namespace Tandem.Transport.Mapped;

/// <summary>
/// Wakes a thread of this process: the other process by a byte on the connection, this process by a byte on a pipe of its own.
/// </summary>
/// <remarks>
/// No ring is lost: a byte stays in its pipe until the thread has read it, and the thread checks what it waits for only after that. The
/// bell writes the next byte on its own pipe only once the last one was read, so the pipe never fills up. A ring that finds the flag set
/// writes nothing: then the thread has not exchanged the flag yet, and that exchange sees what was published before the ring. Model:
/// docs/models/c/doorbell.c with PIPE.
/// </remarks>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe class PipeBell : Bell
{
    private readonly AnonymousPipeServerStream _own = new(PipeDirection.In, HandleInheritability.None);
    private readonly int _read; // the descriptors of the own pipe
    private readonly int _write;
    private volatile int _connection = -1; // the descriptor of the connection; -1 before it exists, and when it has ended
    private int _isRung; // 1 while there is a byte in the own pipe, or about to be

    internal PipeBell()
    {
        _read = (int)_own.SafePipeHandle.DangerousGetHandle();
        _write = (int)_own.ClientSafePipeHandle.DangerousGetHandle();
    }

    /// <summary>The other process has connected.</summary>
    /// <param name="descriptor">The descriptor of the connection, which stays open for as long as a thread may wait.</param>
    internal void Connect(int descriptor)
    {
        _connection = descriptor;
        Ring(); // a thread that waits already does not know the descriptor
    }

    internal override void Ring()
    {
        if (Interlocked.Exchange(ref _isRung, 1) != 0)
            return;

        byte one = 1;
        _ = Libc.Write(_write, &one, 1);
    }

    internal override void Wait(int milliseconds)
    {
        byte* bytes = stackalloc byte[64];
        Libc.PollFd* fds = stackalloc Libc.PollFd[2];
        fds[0] = new Libc.PollFd { Fd = _connection, Events = Libc.POLLIN }; // poll ignores a descriptor of -1
        fds[1] = new Libc.PollFd { Fd = _read, Events = Libc.POLLIN };
        if (Libc.Poll(fds, 2, milliseconds) <= 0)
            return;

        // The end of the connection is reported in another way. From then on, its descriptor would end every wait.
        if (fds[0].Revents != 0 && Libc.Read(fds[0].Fd, bytes, 64) is var read && (read == 0 || (read < 0 && fds[0].Revents != Libc.POLLIN)))
            _connection = -1;
        if (fds[1].Revents != 0)
        {
            _ = Libc.Read(_read, bytes, 1);
            Interlocked.Exchange(ref _isRung, 0); // before the caller checks what it waits for
        }
    }

    public override void Dispose() => _own.Dispose();
}
