using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <summary>The calls into macOS that other systems do not have.</summary>
internal static unsafe partial class Darwin
{
    /// <summary>Returns the memory that is charged to a process (its physical footprint), in bytes; 0 if the process has exited.</summary>
    internal static long Footprint(int processId)
    {
        const int RUSAGE_INFO_V0 = 0;
        const int FootprintOffset = 72; // in rusage_info_v0: an id of 16 bytes and seven numbers are before it
        byte* usage = stackalloc byte[256];
        return GetResourceUsage(processId, RUSAGE_INFO_V0, usage) == 0 ? *(long*)(usage + FootprintOffset) : 0;
    }

    /// <summary>Returns when a process was started, in seconds since 1970; null if the process has exited.</summary>
    internal static long? StartSecond(int processId)
    {
        const int PROC_PIDTBSDINFO = 3;
        const int Size = 136; // of proc_bsdinfo
        const int StartOffset = 120; // pbi_start_tvsec
        byte* information = stackalloc byte[Size];
        return GetProcessInformation(processId, PROC_PIDTBSDINFO, 0, information, Size) == Size ? *(long*)(information + StartOffset) : null;
    }

    [LibraryImport("libproc", EntryPoint = "proc_pid_rusage")]
    private static partial int GetResourceUsage(int processId, int flavor, byte* usage);

    [LibraryImport("libproc", EntryPoint = "proc_pidinfo")]
    private static partial int GetProcessInformation(int processId, int flavor, ulong argument, byte* information, int size);
}
