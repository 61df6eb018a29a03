using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <content>On which processors threads run.</content>
internal static unsafe partial class Libc
{
    private const int AffinityBytes = 128; // 1024 processors, as in glibc's cpu_set_t

    /// <summary>The processor that this thread runs on now.</summary>
    [LibraryImport(Library, EntryPoint = "sched_getcpu")]
    internal static partial int GetProcessor();

    [LibraryImport(Library, EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint length, byte* mask);

    [LibraryImport(Library, EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int GetAffinity(int thread, nint length, byte* mask);

    /// <summary>Has this thread run on one processor only; false when the system refuses.</summary>
    internal static bool TryPin(int processor) => TrySetProcessors([processor]);

    /// <summary>Has this thread run on these processors only; false when the system refuses.</summary>
    internal static bool TrySetProcessors(ReadOnlySpan<int> processors)
    {
        byte* mask = stackalloc byte[AffinityBytes];
        new Span<byte>(mask, AffinityBytes).Clear();
        foreach (int processor in processors)
            mask[processor / 8] |= (byte)(1 << (processor % 8));

        return SetAffinity(0, AffinityBytes, mask) == 0;
    }

    /// <summary>The processors that this thread may run on.</summary>
    internal static int[] GetProcessors()
    {
        byte* mask = stackalloc byte[AffinityBytes];
        new Span<byte>(mask, AffinityBytes).Clear();
        if (GetAffinity(0, AffinityBytes, mask) < 0)
            return [];

        List<int> processors = [];
        for (int i = 0; i < AffinityBytes * 8; i++)
        {
            if ((mask[i / 8] >> (i % 8) & 1) != 0)
                processors.Add(i);
        }

        return [.. processors];
    }
}
