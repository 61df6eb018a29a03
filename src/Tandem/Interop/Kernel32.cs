using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tandem.Interop;

/// <summary>The calls into Windows.</summary>
internal static unsafe partial class Kernel32
{
    private const string Library = "kernel32";

    /// <summary>JobObjectExtendedLimitInformation.</summary>
    internal const int ExtendedLimits = 9;

    internal const uint JOB_OBJECT_LIMIT_PROCESS_MEMORY = 0x100;
    internal const uint JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;

    private const uint PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;

    /// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION, with the structures that it begins with.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct JobLimits
    {
        internal long ProcessTimeLimit;
        internal long JobTimeLimit;
        internal uint Flags;
        internal nuint MinimumWorkingSet;
        internal nuint MaximumWorkingSet;
        internal uint ProcessCountLimit;
        internal nuint Affinity;
        internal uint PriorityClass;
        internal uint SchedulingClass;
        internal ulong ReadOperations;
        internal ulong WriteOperations;
        internal ulong OtherOperations;
        internal ulong ReadBytes;
        internal ulong WrittenBytes;
        internal ulong OtherBytes;
        internal nuint ProcessMemoryLimit;
        internal nuint JobMemoryLimit;
        internal nuint PeakProcessMemory;
        internal nuint PeakJobMemory;
    }

    /// <summary>OVERLAPPED.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Overlapped
    {
        internal nint Status;
        internal nint Transferred;
        internal ulong Offset;
        internal nint Event;
    }

    /// <summary>PROCESS_MEMORY_COUNTERS.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryCounters
    {
        internal int Size;
        internal uint PageFaults;
        internal nuint PeakWorkingSet;
        internal nuint WorkingSet;
        internal nuint PeakPagedPool;
        internal nuint PagedPool;
        internal nuint PeakNonPagedPool;
        internal nuint NonPagedPool;
        internal nuint Committed; // PagefileUsage, which is the commit charge of the process
        internal nuint PeakPageFile;
    }

    [LibraryImport(Library, EntryPoint = "CreateJobObjectW", SetLastError = true)]
    internal static partial SafeFileHandle CreateJob(void* security, void* name);

    [LibraryImport(Library, EntryPoint = "SetInformationJobObject", SetLastError = true)]
    internal static partial int SetJobInformation(SafeHandle job, int kind, JobLimits* limits, int size);

    [LibraryImport(Library, EntryPoint = "AssignProcessToJobObject", SetLastError = true)]
    internal static partial int AssignProcessToJob(SafeHandle job, SafeHandle process);

    [LibraryImport(Library, EntryPoint = "TerminateJobObject", SetLastError = true)]
    internal static partial int TerminateJob(SafeHandle job, int exitCode);

    [LibraryImport(Library, EntryPoint = "TerminateProcess", SetLastError = true)]
    internal static partial int TerminateProcess(SafeHandle process, int exitCode);

    [LibraryImport(Library, EntryPoint = "OpenProcess", SetLastError = true)]
    private static partial SafeProcessHandle OpenProcess(uint access, int inherit, int processId);

    [LibraryImport(Library, EntryPoint = "K32GetProcessMemoryInfo", SetLastError = true)]
    private static partial int GetMemoryInformation(SafeHandle process, MemoryCounters* counters, int size);

    [LibraryImport(Library, EntryPoint = "ReadFile", SetLastError = true)]
    internal static partial int ReadFile(nint file, byte* buffer, int length, int* read, Overlapped* overlapped);

    [LibraryImport(Library, EntryPoint = "WriteFile", SetLastError = true)]
    internal static partial int WriteFile(nint file, byte* buffer, int length, int* written, Overlapped* overlapped);

    [LibraryImport(Library, EntryPoint = "GetOverlappedResult", SetLastError = true)]
    internal static partial int GetOverlappedResult(nint file, Overlapped* overlapped, int* transferred, int wait);

    [LibraryImport(Library, EntryPoint = "PeekNamedPipe", SetLastError = true)]
    private static partial int PeekPipe(SafeHandle pipe, void* buffer, int size, int* read, int* available, int* left);

    /// <summary>Whether a pipe holds bytes that were not read yet. Not for a handle on which a synchronous read waits: this would wait too.</summary>
    internal static bool HoldsBytes(SafeHandle pipe)
    {
        int available = 0;
        return PeekPipe(pipe, null, 0, null, &available, null) != 0 && available > 0;
    }

    [LibraryImport(Library, EntryPoint = "CancelIoEx", SetLastError = true)]
    private static partial int CancelIo(SafeHandle handle, void* overlapped);

    /// <summary>Cancels the operations of all threads of this process on a file or pipe.</summary>
    internal static void CancelIo(SafeHandle handle) => _ = CancelIo(handle, null);

    /// <summary>
    /// Returns the private memory that a process has committed, in bytes; 0 if the process has exited.
    /// <see cref="System.Diagnostics.Process.PrivateMemorySize64"/> would read the state of all processes of the machine.
    /// </summary>
    internal static long PrivateBytes(int processId)
    {
        using SafeProcessHandle process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, processId);
        if (process.IsInvalid)
            return 0;

        var counters = new MemoryCounters { Size = sizeof(MemoryCounters) };
        return GetMemoryInformation(process, &counters, sizeof(MemoryCounters)) != 0 ? (long)counters.Committed : 0;
    }
}
