using Tandem.Interop;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;

namespace Tandem.Launch;

/// <inheritdoc/>
/// <param name="link">The parent's side.</param>
/// <param name="socket">The worker's end of the control socket; this object closes it.</param>
/// <param name="hub">The hub that starts the process.</param>
/// <param name="guest">The program that the worker runs; null for this program.</param>
internal sealed class SharedMemoryConnection(SharedMemoryLink link, int socket, LinuxProcessHub hub, GuestProgram? guest) : WorkerConnection
{
    internal override WorkerLink Link => link;

    internal override WorkerProcess Start(LaunchPlan plan, Func<string, Dictionary<string, string>> environment, IProcessObserver observer)
    {
        (int region, int requests, int results) = link.Descriptors;
        int[] more = guest?.OpenDescriptors() ?? [];
        WorkerProcess process;
        try
        {
            process = hub.Start(plan, environment(LaunchProtocol.SharedMemory), [socket, region, requests, results, .. more], observer);
        }
        finally
        {
            foreach (int fd in more)
                _ = Libc.Close(fd);
        }

        link.CloseDescriptors();
        return process;
    }

    /// <summary>Closes this process's copy of the worker's socket; otherwise the parent would never read its end-of-file.</summary>
    public override void Dispose() => _ = Libc.Close(socket);
}
