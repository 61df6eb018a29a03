using Tandem.Interop;

namespace Tandem.InWorker;

/// <summary>
/// In a worker: lets the kernel refuse memory beyond the limits of the items that run. An allocation that is too large fails at once,
/// with <see cref="OutOfMemoryException"/>, before a page of it was touched.
/// </summary>
/// <remarks>
/// RLIMIT_DATA counts private writable mappings, touched or not (Linux 4.7 and newer; getrlimit(2)), and so not the address space
/// that the collector only reserves. The limit is what is committed now plus what the item may still add to the private resident
/// memory. The soft limit alone is moved, so it can be moved back.
/// </remarks>
internal sealed unsafe class MemoryGuard
{
    private static readonly Lock Gate = new();
    private static readonly List<long> Limits = [];
    private static Libc.ResourceLimit s_original;

    private readonly long _limit;
    private bool _lifted;

    /// <summary>An item with a limit, in bytes, starts.</summary>
    internal MemoryGuard(long limit)
    {
        _limit = limit;
        if (!OperatingSystem.IsLinux())
            return; // the parent looks

        lock (Gate)
        {
            Limits.Add(limit);
            Apply();
        }
    }

    /// <summary>It has ended, or has failed, and what tells of the failure must not fail for the same reason.</summary>
    internal void Lift()
    {
        if (_lifted || !OperatingSystem.IsLinux())
            return;

        _lifted = true;
        lock (Gate)
        {
            Limits.Remove(_limit);
            Apply();
        }
    }

    /// <summary>The smallest limit of those that run holds for the process.</summary>
    private static void Apply()
    {
        Libc.ResourceLimit current;
        if (Libc.GetResourceLimit(Libc.RLIMIT_DATA, &current) != 0)
            return;

        if (s_original.Maximum == 0)
            s_original = current;

        ulong soft = s_original.Current;
        if (Limits.Count > 0)
        {
            long room = Math.Max(0, Limits.Min() - ProcessMemory.OwnPrivateBytes());
            soft = Math.Min(soft, (ulong)(ProcessMemory.OwnCommittedBytes() + room));
        }

        var wanted = new Libc.ResourceLimit { Current = soft, Maximum = s_original.Maximum };
        _ = Libc.SetResourceLimit(Libc.RLIMIT_DATA, &wanted);
    }
}
