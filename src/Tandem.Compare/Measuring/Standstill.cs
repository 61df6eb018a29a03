using System.Diagnostics;
using Tandem.Interop;

namespace Tandem.Compare.Measuring;

/// <summary>Stops a process for a moment, so that a condition stays true meanwhile.</summary>
internal static class Standstill
{
    private const int SIGCONT = 18;
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);

    /// <summary>Kills a process if a condition is true while the process is stopped; continues it otherwise.</summary>
    internal static bool TryKill(int process, Func<bool> condition)
    {
        if (Libc.Kill(process, Libc.SIGSTOP) != 0)
            return false;

        bool isKilled = false;
        try
        {
            isKilled = IsReached(process) && condition();
        }
        finally
        {
            _ = Libc.Kill(process, isKilled ? Libc.SIGKILL : SIGCONT);
        }

        return isKilled;
    }

    /// <summary>Whether all threads have stopped. Each thread stops separately, at once unless it waits for a device.</summary>
    private static bool IsReached(int process)
    {
        long start = Stopwatch.GetTimestamp();
        while (!HasStopped(process))
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
                return false;

            Thread.Yield();
        }

        return true;
    }

    private static bool HasStopped(int process)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{process}/task")
                .All(static thread => ProcStat.Of(thread) is not { State: not 'T' });
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }
}
