using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <content>The processors and the scheduling of threads.</content>
internal static unsafe partial class Libc
{
    /// <summary>Returns the processor on which this thread currently runs.</summary>
    [LibraryImport(Library, EntryPoint = "sched_getcpu")]
    internal static partial int GetProcessor();

    [LibraryImport(Library, EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint length, byte* mask);

    [LibraryImport(Library, EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int GetAffinity(int thread, nint length, byte* mask);

    [LibraryImport(Library, EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);

    /// <summary>Sets the lowest priority (nice 19) for all threads of a process group.</summary>
    internal static void SetLowestPriority(int group)
    {
        const int ProcessGroup = 1, Lowest = 19;
        _ = SetPriority(ProcessGroup, group, Lowest);
    }

    /// <summary>Sets the highest priority (nice -20) for the calling thread, if permitted.</summary>
    internal static void SetHighestPriority()
    {
        const int Process = 0, Self = 0, Highest = -20; // on Linux a priority belongs to a thread, even when it is set for a process
        _ = SetPriority(Process, Self, Highest);
    }

    /// <summary>
    /// Requests the shortest time slice for the calling thread, which must be one that does little work per wake-up. Since Linux 6.12
    /// such a thread runs as soon as it is woken, without waiting until the current thread has used up its time slice; that may be the
    /// kernel while it frees the memory of an exited process. Earlier kernels ignore the request.
    /// </summary>
    internal static void UseShortTimeSlice()
    {
        const ulong Shortest = 100_000; // nanoseconds
        if (!TryGetScheduling(0, out SchedulingAttributes attributes))
            return;

        attributes.Runtime = Shortest;
        SetScheduling(0, attributes);
    }

    /// <summary>
    /// Sets batch scheduling (SCHED_BATCH) for a thread: when it is woken, it does not preempt the running thread but waits until that
    /// thread yields or has used up its time slice. A thread whose policy is not the default keeps it.
    /// </summary>
    /// <param name="thread">The kernel's id of a thread of this process.</param>
    internal static void UseBatchScheduling(int thread)
    {
        const uint Usual = 0, Batch = 3;
        if (!TryGetScheduling(thread, out SchedulingAttributes attributes) || attributes.Policy != Usual)
            return;

        attributes.Policy = Batch;
        SetScheduling(thread, attributes);
    }

    private static bool TryGetScheduling(int thread, out SchedulingAttributes attributes)
    {
        fixed (SchedulingAttributes* pointer = &attributes)
            return SysCall6(GetSchedulingNumber, thread, (nint)pointer, sizeof(SchedulingAttributes), 0, 0, 0) == 0;
    }

    private static void SetScheduling(int thread, SchedulingAttributes attributes) =>
        _ = SysCall6(SetSchedulingNumber, thread, (nint)(&attributes), 0, 0, 0, 0);

    /// <summary>Restricts this thread to one processor; false if the system refuses.</summary>
    internal static bool TryPin(int processor) => TrySetProcessors([processor]);

    /// <summary>Restricts this thread to a set of processors; false if the system refuses.</summary>
    internal static bool TrySetProcessors(ReadOnlySpan<int> processors)
    {
        var set = default(ProcessorSet);
        foreach (int processor in processors)
            set.Add(processor);

        return TrySetProcessors(0, in set);
    }

    /// <param name="thread">The kernel's id of a thread; 0 for the calling thread.</param>
    internal static bool TrySetProcessors(int thread, in ProcessorSet set)
    {
        fixed (ProcessorSet* mask = &set)
            return SetAffinity(thread, sizeof(ProcessorSet), (byte*)mask) == 0;
    }

    /// <param name="thread">The kernel's id of a thread; 0 for the calling thread.</param>
    internal static bool TryGetProcessors(int thread, out ProcessorSet set)
    {
        set = default;
        fixed (ProcessorSet* mask = &set)
            return GetAffinity(thread, sizeof(ProcessorSet), (byte*)mask) >= 0;
    }

    /// <summary>Returns the processors on which this thread may run.</summary>
    internal static int[] GetProcessors()
    {
        List<int> processors = [];
        if (!TryGetProcessors(0, out ProcessorSet set))
            return [];

        for (int i = 0; i < ProcessorSet.Length; i++)
        {
            if (set.Contains(i))
                processors.Add(i);
        }

        return [.. processors];
    }
}
