using Tandem.Interop;
using Tandem.Transport.SharedMemory;

namespace Tandem.Launch;

/// <inheritdoc/>
/// <param name="link">The parent's side.</param>
/// <param name="socket">The worker's end of the control socket; this object closes it.</param>
internal sealed class SharedMemoryNewLink(SharedMemoryLink link, int socket) : NewLink(link, LaunchProtocol.SharedMemory)
{
    internal override int[] Descriptors
    {
        get
        {
            (int region, int requests, int results) = link.Descriptors;
            return [socket, region, requests, results];
        }
    }

    internal override void OnStarted() => link.CloseDescriptors();

    /// <summary>Closes this process's copy of the worker's socket; otherwise the parent would never read its end-of-file.</summary>
    public override void Dispose() => _ = Libc.Close(socket);
}
