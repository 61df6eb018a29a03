using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Transport.SharedMemory;

/// <summary>A connection to the parent by descriptors that this process has inherited; see <see cref="DescriptorConnection"/>.</summary>
/// <param name="socket">The worker's end of the control socket. The connection owns it, and so do the regions the other descriptors.</param>
/// <param name="link">Header, cells and rings.</param>
/// <param name="requests">The pool's area for large arguments.</param>
/// <param name="results">This worker's area for large results.</param>
internal sealed unsafe class InheritedConnection(int socket, int link, int requests, int results) : ParentConnection
{
    internal override SharedRegion OpenLink() => SharedRegion.Open(link, LinkLayout.Size, writable: true);

    internal override SharedRegion OpenRequests(nint length) => SharedRegion.Open(requests, length, writable: false);

    internal override SharedRegion OpenResults(nint length) => SharedRegion.Open(results, length, writable: true);

    internal override bool TryReceive(out FrameHeader header)
    {
        FrameHeader received = default;
        nint filled = 0;
        while (filled < FrameHeader.Size)
        {
            nint read = Libc.Read(socket, (byte*)&received + filled, FrameHeader.Size - filled);
            if (read > 0)
            {
                filled += read;
            }
            else if (read == 0 || Marshal.GetLastPInvokeError() != Libc.EINTR)
            {
                header = default;
                return false;
            }
        }

        header = received;
        return true;
    }

    public override void Dispose() => _ = Libc.Close(socket);
}
