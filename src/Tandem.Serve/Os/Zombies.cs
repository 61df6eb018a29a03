using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>
/// Reaps processes that nobody else does. The first process of a container gets those whose parents have died, such as what a killed
/// worker had started.
/// </summary>
internal static class Zombies
{
    /// <summary>Reaps those that are none of ours.</summary>
    /// <param name="isOurs">Whether somebody here waits for a process.</param>
    internal static unsafe void Reap(Func<int, bool> isOurs)
    {
        while (Libc.PeekExited(out int processId) && !isOurs(processId))
        {
            int status;
            const int WNOHANG = 1;
            if (Libc.WaitPid(processId, &status, WNOHANG) <= 0)
                return;
        }
    }
}
