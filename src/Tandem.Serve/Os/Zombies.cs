using Tandem.Interop;
using Tandem.Launch;

namespace Tandem.Serve.Os;

/// <summary>
/// Reaps processes that nobody else does. The first process of a container gets those whose parents have died, such as what a killed
/// worker had started.
/// </summary>
internal static class Zombies
{
    /// <summary>Reaps those that are none of ours.</summary>
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
