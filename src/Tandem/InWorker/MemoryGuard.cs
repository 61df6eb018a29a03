using Tandem.Interop;

namespace Tandem.InWorker;

/// <summary>
/// In a worker: makes the kernel refuse allocations beyond the memory limits of the running items. An allocation that is too large fails
/// at once with <see cref="OutOfMemoryException"/>, before any of its pages is touched.
/// </summary>
/// <remarks>
/// RLIMIT_DATA counts private writable mappings, touched or not (Linux 4.7 and newer; getrlimit(2)). It does not count address space that
/// the garbage collector only reserves. The limit is what is committed now, plus what the item may still add to the private resident
/// memory. Only the soft limit is changed, so that it can be raised again. On Windows, a Job object limits the same. It is nested in the
/// job that the parent has made. On other systems, only the parent watches the worker's memory.
/// </remarks>
internal sealed unsafe class MemoryGuard
{
    // Guards the limits of all running items.
    private static readonly Lock Gate = new();
    private static readonly List<long> Limits = []; // of the running items
    private static Libc.ResourceLimit s_original; // the limit before the first change; Linux only
    private static JobObject? s_job; // of this process and its later children; Windows only

    private readonly long _limit;
    private bool _lifted;

    private static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsWindows();

    /// <summary>Applies the limit, in bytes, of an item that starts.</summary>
    internal MemoryGuard(long limit)
    {
        _limit = limit;
        if (!IsSupported)
            return; // the parent polls the worker's memory

        lock (Gate)
        {
            Limits.Add(limit);
            Apply();
        }
    }

    /// <summary>
    /// Removes the limit. Called when the item has ended, or has failed, so that reporting the failure does not fail for the same reason.
    /// </summary>
    internal void Lift()
    {
        if (_lifted || !IsSupported)
            return;

        _lifted = true;
        lock (Gate)
        {
            Limits.Remove(_limit);
            Apply();
        }
    }

    /// <summary>Applies the smallest limit of the running items to the process.</summary>
    private static void Apply()
    {
        long? committed = null;
        if (Limits.Count > 0)
        {
            long room = Math.Max(0, Limits.Min() - ProcessMemory.OwnPrivateBytes());
            committed = ProcessMemory.OwnCommittedBytes() + room;
        }

        if (OperatingSystem.IsWindows())
            ApplyToJob(committed);
        else
            ApplyToProcess(committed);
    }

    private static void ApplyToJob(long? committed)
    {
        if (s_job is null)
        {
            if (JobObject.TryCreate(killsOnClose: false) is not { } job)
                return;

            using var process = System.Diagnostics.Process.GetCurrentProcess();
            if (!job.TryAdd(process.SafeHandle))
            {
                job.Dispose();
                return;
            }

            s_job = job;
        }

        _ = s_job.TryLimitMemory(committed);
    }

    private static void ApplyToProcess(long? committed)
    {
        Libc.ResourceLimit current;
        if (Libc.GetResourceLimit(Libc.RLIMIT_DATA, &current) != 0)
            return;

        if (s_original.Maximum == 0)
            s_original = current;

        ulong soft = committed is { } limit ? Math.Min(s_original.Current, (ulong)limit) : s_original.Current;
        var wanted = new Libc.ResourceLimit { Current = soft, Maximum = s_original.Maximum };
        _ = Libc.SetResourceLimit(Libc.RLIMIT_DATA, &wanted);
    }
}
