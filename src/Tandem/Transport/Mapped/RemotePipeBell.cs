using System.Runtime.Versioning;
using Tandem.Interop;
using Tandem.Transport.SharedMemory;

namespace Tandem.Transport.Mapped;

/// <summary>Wakes a thread of the other process, by a byte on the connection; the counterpart of <see cref="PipeBell"/>.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class RemotePipeBell : Bell
{
    private volatile int _connection = -1; // the descriptor of the connection; -1 before it exists

    /// <summary>The other process has connected.</summary>
    internal void Connect(int descriptor)
    {
        _connection = descriptor;
        // A thread that publishes a frame has a full fence before it looks for the connection (Doorbell.MustWake). So it finds the
        // connection, or its frame is visible before this ring.
        Interlocked.MemoryBarrier();
        Ring();
    }

    /// <summary>If the connection is full of bytes, the other process will read one and wake up anyway, so this byte may be lost.</summary>
    internal override void Ring()
    {
        if (_connection is >= 0 and int descriptor)
            Libc.SendByte(descriptor);
    }

    internal override void Wait(int milliseconds) => throw new NotSupportedException();

    public override void Dispose()
    {
    }
}
