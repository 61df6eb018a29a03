using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Interop;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Reads the program counters of a process's threads.</summary>
/// <param name="process">The process.</param>
/// <param name="threads">The threads to inspect.</param>
[SupportedOSPlatform("linux")]
internal sealed class ProgramCounters(int process, int[] threads)
{
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Stops the process at an arbitrary moment.</summary>
    internal void Stop()
    {
        if (Libc.Kill(process, SIGSTOP) != 0)
            throw new LabException($"The worker process {process} has exited.");

        Await(() => threads.All(thread => ProcStat.OfThread(process, thread) is { State: 'T' }), "did not stop");
    }

    internal static void Continue(int process) => _ = Libc.Kill(process, SIGCONT);

    /// <summary>Waits for a condition.</summary>
    /// <exception cref="LabException">The condition did not become true in time.</exception>
    internal void Await(Func<bool> isSo, string otherwise)
    {
        long end = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!isSo())
        {
            if (Environment.TickCount64 > end)
                throw new LabException($"The worker process {process} {otherwise} within {Limit.TotalSeconds} seconds.");

            _ = Libc.SleepMicroseconds(100);
        }
    }

    /// <summary>The place of a thread that is not in a system call; null if it is in one.</summary>
    /// <exception cref="LabException">The system does not show it.</exception>
    internal Place? Read(int thread)
    {
        string[] words;
        try
        {
            words = File.ReadAllText($"/proc/{process}/task/{thread}/syscall").Split(' ', StringSplitOptions.TrimEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException(
                $"The place of a thread is in /proc/PID/task/TID/syscall, which this system does not let you read: {e.Message} "
                + "It needs a kernel with CONFIG_HAVE_ARCH_TRACEHOOK, and the right to trace your own child processes.",
                e);
        }

        return words is ["-1", var stack, var counter] ? new Place(Parse(stack), Parse(counter)) : null;
    }

    /// <summary>How often a thread was preempted.</summary>
    internal long Preemptions(int thread) => long.Parse(
        File.ReadLines($"/proc/{process}/task/{thread}/status")
            .First(static line => line.StartsWith("nonvoluntary", StringComparison.Ordinal)).Split(':')[1],
        CultureInfo.InvariantCulture);

    private static long Parse(string word) => long.Parse(word.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <param name="Stack">The stack pointer.</param>
    /// <param name="Counter">The program counter.</param>
    internal readonly record struct Place(long Stack, long Counter);
}
