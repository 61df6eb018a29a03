using Tandem.Interop;
using Tandem.Launch;

namespace Tandem.Serve.Os;

/// <summary>
/// Reaps processes that no other process reaps. The first process of a container becomes the parent of orphans, for example of processes
/// that a killed worker had started.
/// </summary>
internal static class Zombies
{
    /// <summary>Reaps all exited children that this process did not start.</summary>
    internal static unsafe void Reap()
    {
        while (Libc.PeekExited(out int processId) && !LinuxWorkerProcess.IsWaitedFor(processId))
        {
            int status;
            const int WNOHANG = 1;
            if (Libc.WaitPid(processId, &status, WNOHANG) <= 0)
                return;
        }
    }
}
