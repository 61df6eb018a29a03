using Tandem.Interop;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// A connection to a worker that inherits descriptors: memory without a name (memfd), futexes, and a socket for control frames. Linux only.
/// </summary>
internal sealed unsafe class DescriptorConnection : WorkerConnection
{
    private readonly int _socket;

    /// <param name="socket">The parent's end of the control socket. The connection owns it.</param>
    internal DescriptorConnection(int socket)
    {
        _socket = socket;
        Link = SharedRegion.Create("tandem-link", LinkLayout.Size, othersReadOnly: false);
        try
        {
            Results = PayloadArea.CreateRegion(static size => SharedRegion.CreateForOther("tandem-results", size));
        }
        catch
        {
            Link.Dispose();
            throw;
        }
    }

    internal override SharedRegion Link { get; }

    internal override SharedRegion Results { get; }

    internal override void SendControl(FrameKind kind, int slot, uint sequence, int extra)
    {
        var header = new FrameHeader
        {
            Kind = kind,
            Version = FrameHeader.CurrentVersion,
            Slot = (ushort)slot,
            Sequence = sequence,
            Extra = extra,
        };

        // Never blocks. A stopped worker with hundreds of unread control frames loses one; the grace period then ends it anyway.
        _ = Libc.Send(_socket, (byte*)&header, FrameHeader.Size, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
    }

    public override void Dispose()
    {
        _ = Libc.Close(_socket);
        Results.Dispose();
        Link.Dispose();
    }
}
