using System.Diagnostics;

namespace ScanAssemblies;

/// <summary>
/// Kills a worker process in the middle of a work item. From outside nobody can tell whether a worker is in an item or between two
/// of them, so the item itself says so, with its process id, and stays where it is until the signal comes.
/// </summary>
internal sealed class Killer : IProgress<int>
{
    /// <summary>In the worker. Ends with the process.</summary>
    internal static void AwaitDeath(IProgress<int> busy, CancellationToken stop)
    {
        busy.Report(Environment.ProcessId);
        using var never = new ManualResetEventSlim();
        never.Wait(TimeSpan.FromSeconds(30), stop);
        throw new TimeoutException("This worker should have been killed while it scanned this file.");
    }

    /// <summary>In the parent: SIGKILL, which nothing in the worker can catch.</summary>
    public void Report(int value)
    {
        using var worker = Process.GetProcessById(value);
        worker.Kill();
    }
}
