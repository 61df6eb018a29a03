using System.Diagnostics.CodeAnalysis;
using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>Whether a process that is dying has no thread left that could still write into shared memory.</summary>
/// <remarks>
/// The kernel marks the dead one's words when the keeper's thread ends; its siblings get the same signal, and may run for some
/// microseconds more. What repairs waits for them, so that nobody writes into what it repairs.
/// </remarks>
[SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The threads of another process end within microseconds and give no event.")]
internal static class ProcessEnd
{
    private const int LongestWait = 1000;

    /// <summary>Returns once a process whose keeper has ended has ended altogether; or after a second, if its number was given to another.</summary>
    internal static void Await(int pid)
    {
        long start = Environment.TickCount64;
        while (pid > 0 && pid != Environment.ProcessId && HasThreads(pid) && Environment.TickCount64 - start < LongestWait)
            Thread.Sleep(0);
    }

    // The first thread of a process may have ended before others.
    private static bool HasThreads(int pid) => ProcStat.OfProcess(pid) is { } stat && (!stat.HasEnded || stat.Threads > 1);
}
