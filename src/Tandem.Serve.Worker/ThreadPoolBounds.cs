using Tandem.Serve.Protocol;
using Tandem.Serve.Workers;

namespace Tandem.Serve.Worker;

/// <summary>The bounds of the thread pool in a worker.</summary>
internal static class ThreadPoolBounds
{
    /// <summary>
    /// The thread pool's minimum if each worker uses the settings of one processor: one thread serves while another one is blocked.
    /// </summary>
    private const int MinThreadsOfOneProcessor = 2;

    /// <summary>Whether the user or the application has configured the thread pool's minimum.</summary>
    private static bool HasOwnMinThreads =>
        MachineShare.IsSet("ThreadPool_ForceMinWorkerThreads") || AppContext.GetData("System.Threading.ThreadPool.MinThreads") is not null;

    /// <summary>
    /// Sets the thread pool's bounds. The minimum is the number of threads that the pool creates at once when work arrives. By default it
    /// is the number of processors, which each of as many workers would use. Beyond the minimum, a pool adds threads when they help or are
    /// blocked.
    /// </summary>
    /// <returns>Why the bounds could not be set; null if they were, or if there are none.</returns>
    internal static string? Apply(WorkerSettings settings)
    {
        if (settings.MinThreads <= 0 && settings.MaxThreads <= 0 && !settings.HasOneProcessor)
            return null;

        ThreadPool.GetMaxThreads(out int most, out int mostPorts);
        ThreadPool.GetMinThreads(out int least, out int leastPorts);
        if (settings.MaxThreads > 0)
            (most, mostPorts) = (settings.MaxThreads, Math.Max(mostPorts, 1));
        if (settings.MinThreads > 0)
            least = settings.MinThreads;
        else if (settings.HasOneProcessor && !HasOwnMinThreads)
            least = Math.Min(least, MinThreadsOfOneProcessor);

        // In this order, because a bound must not exceed the other one.
        return ThreadPool.SetMinThreads(Math.Min(least, most), leastPorts) && ThreadPool.SetMaxThreads(most, mostPorts)
            ? null
            : $"The thread pool rejected the bounds of {least} and {most} threads.";
    }
}
