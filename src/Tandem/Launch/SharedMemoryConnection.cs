using Tandem.Interop;
using Tandem.Transport;
using Tandem.Transport.SharedMemory;

namespace Tandem.Launch;

/// <inheritdoc/>
/// <param name="link">The parent's end.</param>
/// <param name="socket">The worker's end of the control socket, which this closes.</param>
/// <param name="hub">Starts the process.</param>
/// <param name="guest">The program that the worker runs; null for this one.</param>
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

    /// <summary>The worker has its own; ours would hide its end-of-file.</summary>
    public override void Dispose() => _ = Libc.Close(socket);
}
