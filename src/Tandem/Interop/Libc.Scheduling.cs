using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <content>On which processors threads run.</content>
internal static unsafe partial class Libc
{
    /// <summary>The processor that this thread runs on now.</summary>
    [LibraryImport(Library, EntryPoint = "sched_getcpu")]
    internal static partial int GetProcessor();

    [LibraryImport(Library, EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint length, byte* mask);

    [LibraryImport(Library, EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int GetAffinity(int thread, nint length, byte* mask);

    [LibraryImport(Library, EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);

    /// <summary>Has every thread of a process group run only when nobody else wants its processor.</summary>
    internal static void PutLast(int group)
    {
        const int ProcessGroup = 1, Lowest = 19;
        _ = SetPriority(ProcessGroup, group, Lowest);
    }

    /// <summary>Has the calling thread run before others, where that is allowed.</summary>
    internal static void PutFirst()
    {
        const int Process = 0, Self = 0, Highest = -20; // in Linux a priority is a thread's, also when it is asked for by the process
        _ = SetPriority(Process, Self, Highest);
    }

    /// <summary>
    /// Has the calling thread, which never has much to do, run as soon as it is woken: it asks for the shortest slice of time, and since
    /// Linux 6.12 such a thread does not wait until the one on its processor has used up its own, which may be the kernel's as it takes
    /// an ended process apart. Earlier kernels ignore it.
    /// </summary>
    internal static void PreferShortSlices()
    {
        const ulong Shortest = 100_000; // nanoseconds
        if (!TryGetScheduling(0, out SchedulingAttributes attributes))
            return;

        attributes.Runtime = Shortest;
        SetScheduling(0, attributes);
    }

    /// <summary>
    /// Has a thread that is woken wait until the one on its processor makes room or has used up its slice, instead of interrupting it
    /// (SCHED_BATCH). One that has another policy than the usual keeps it.
    /// </summary>
    /// <param name="thread">The kernel's id of a thread of this process.</param>
    internal static void StopInterrupting(int thread)
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

    /// <summary>Has this thread run on one processor only; false when the system refuses.</summary>
    internal static bool TryPin(int processor) => TrySetProcessors([processor]);

    /// <summary>Has this thread run on these processors only; false when the system refuses.</summary>
    internal static bool TrySetProcessors(ReadOnlySpan<int> processors)
    {
        var set = default(ProcessorSet);
        foreach (int processor in processors)
            set.Add(processor);

        return TrySetProcessors(0, in set);
    }

    /// <param name="thread">The kernel's id of a thread; 0 for the calling one.</param>
    internal static bool TrySetProcessors(int thread, in ProcessorSet set)
    {
        fixed (ProcessorSet* mask = &set)
            return SetAffinity(thread, sizeof(ProcessorSet), (byte*)mask) == 0;
    }

    /// <param name="thread">The kernel's id of a thread; 0 for the calling one.</param>
    internal static bool TryGetProcessors(int thread, out ProcessorSet set)
    {
        set = default;
        fixed (ProcessorSet* mask = &set)
            return GetAffinity(thread, sizeof(ProcessorSet), (byte*)mask) >= 0;
    }

    /// <summary>The processors that this thread may run on.</summary>
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
