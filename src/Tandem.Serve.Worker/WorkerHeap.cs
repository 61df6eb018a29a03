namespace Tandem.Serve.Worker;

/// <summary>The heap of a worker's process.</summary>
internal static class WorkerHeap
{
    /// <summary>Sets the heap's limit, in bytes, while the process runs.</summary>
    /// <returns>Why it could not be set; null if it was.</returns>
    internal static string? Limit(ulong limit)
    {
        AppContext.SetData("GCHeapHardLimit", limit);
        try
        {
            GC.RefreshMemoryLimit();
            return null;
        }
        catch (InvalidOperationException)
        {
            return $"Its share of the container's memory is now {limit >> 20} MiB, but it uses more already, "
                + "so its limit stays as it is until the worker is replaced.";
        }
    }

    /// <summary>
    /// Releases memory that the start used. A start leaves garbage, and memory that the collector keeps in reserve, in each worker, which
    /// may never be busy. A large heap belongs to the application, and collecting it would delay its start.
    /// </summary>
    internal static void ReleaseMemoryOfStart()
    {
        const long Large = 64 << 20;
        if (GC.GetTotalMemory(forceFullCollection: false) < Large)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
