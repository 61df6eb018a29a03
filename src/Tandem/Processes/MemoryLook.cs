using System.Diagnostics;
using Tandem.Interop;

namespace Tandem.Processes;

/// <summary>How much memory a worker process had at one moment. After its end, this shows whether it may have run out of memory.</summary>
/// <remarks>
/// The runtime does not survive each refused allocation: those of the garbage collector itself and of native code can end in SIGSEGV or
/// SIGABRT without a word. Its memory is gone then, so this is all the evidence that there is.
/// </remarks>
/// <param name="Taken">The timestamp (<see cref="Stopwatch"/>).</param>
/// <param name="Held">The private memory, in bytes.</param>
/// <param name="PageFaults">See <see cref="ProcStat.PageFaults"/>.</param>
internal sealed record MemoryLook(long Taken, long Held, long PageFaults)
{
    /// <summary>Looks at a process; null if it has ended.</summary>
    internal static MemoryLook? At(int processId)
    {
        long held = ProcessMemory.PrivateBytes(processId);
        long? faults = OperatingSystem.IsLinux() ? ProcStat.OfProcess(processId)?.PageFaults : 0;
        return held > 0 && faults is { } number ? new MemoryLook(Stopwatch.GetTimestamp(), held, number) : null;
    }

    /// <summary>Whether the process may have held so much by the time when it ended.</summary>
    /// <param name="bytes">Half of the limit, for example.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="rest">How long the look may have been ago, if nothing else is known, to say that it held less.</param>
    internal bool MayHaveReached(long bytes, ExitStatus status, TimeSpan rest) =>
        status.PageFaults is { } faults
            ? Held + ((faults - PageFaults) * Environment.SystemPageSize) >= bytes
            : Held >= bytes / 2 || Stopwatch.GetElapsedTime(Taken) > rest;
}
