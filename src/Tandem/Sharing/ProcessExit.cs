using System.Diagnostics.CodeAnalysis;
using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>Waits until a dying process has no thread left that could still write into shared memory.</summary>
/// <remarks>
/// The kernel marks the words of a dead process when its registry thread ends. The other threads of that process get the same signal, but
/// may run for some microseconds more. A repair waits for them, so that they do not write into memory that it repairs.
/// </remarks>
[SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs",
    Justification = "The threads of another process end within microseconds, without an event.")]
internal static class ProcessExit
{
    // In milliseconds.
    private const int LongestWait = 1000;

    /// <summary>
    /// Returns once a process whose registry thread has ended has no running thread, or after one second (its id may belong to a new
    /// process).
    /// </summary>
    internal static void WaitFor(int pid)
    {
        long start = Environment.TickCount64;
        while (pid > 0 && pid != Environment.ProcessId && HasThreads(pid) && Environment.TickCount64 - start < LongestWait)
            Thread.Sleep(0);
    }

    // The main thread of a process may have ended before the others.
    private static bool HasThreads(int pid) => ProcStat.OfProcess(pid) is { } stat && (!stat.HasEnded || stat.Threads > 1);
}
