using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tandem.Compare.Measuring;

/// <summary>The resource usage of a process since its start, including threads that have exited.</summary>
internal readonly record struct ProcessUsage(
    int ProcessId, long ProcessorMicroseconds, long Voluntary, long Involuntary, TimeSpan Pauses, long Collections, long Allocated)
{
    /// <summary>
    /// The usage of this process. Only the process itself knows its collections, and the switches of threads that have exited.
    /// </summary>
    internal static ProcessUsage Current()
    {
        if (Native.GetUsage(0, out Native.Usage usage) != 0)
            usage = default;

        long collections = 0;
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
            collections = Math.Max(collections, GC.CollectionCount(generation));

        return new ProcessUsage(
            Environment.ProcessId,
            ((usage.Values[0] + usage.Values[2]) * 1_000_000) + usage.Values[1] + usage.Values[3],
            usage.Values[16],
            usage.Values[17],
            GC.GetTotalPauseDuration(),
            collections,
            GC.GetTotalAllocatedBytes());
    }

    /// <summary>The usage since an earlier measurement.</summary>
    internal ProcessUsage Since(ProcessUsage before) => new(
        ProcessId,
        ProcessorMicroseconds - before.ProcessorMicroseconds,
        Voluntary - before.Voluntary,
        Involuntary - before.Involuntary,
        Pauses - before.Pauses,
        Collections - before.Collections,
        Allocated - before.Allocated);
}

/// <summary>getrusage(2) of 64-bit Linux.</summary>
internal static partial class Native
{
    [LibraryImport("libc", EntryPoint = "getrusage")]
    internal static partial int GetUsage(int who, out Usage usage);

    /// <summary>
    /// Seconds and microseconds in user mode, the same in kernel mode, and 14 more fields, the last two of which are the context switches.
    /// </summary>
    internal struct Usage
    {
        internal Fields Values;

        [InlineArray(18)]
        internal struct Fields
        {
            private long _first;
        }
    }
}
