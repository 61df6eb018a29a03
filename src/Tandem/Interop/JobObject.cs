using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <summary>
/// A Job object of Windows: a process and all processes that it starts from then on. The kernel keeps the list, so the processes are
/// terminated and limited together, without looking for them. A process cannot leave its job.
/// </summary>
internal sealed unsafe class JobObject : IDisposable
{
    private readonly SafeHandle _handle;

    private JobObject(SafeHandle handle) => _handle = handle;

    /// <summary>Creates a job without a process; null if Windows refuses.</summary>
    /// <param name="killsOnClose">
    /// Whether the processes are terminated with the last handle of the job. This process has the only handle, so they also end if this
    /// process is killed.
    /// </param>
    internal static JobObject? TryCreate(bool killsOnClose)
    {
        SafeHandle handle = Kernel32.CreateJob(null, null);
        if (handle.IsInvalid)
            return null;

        var job = new JobObject(handle);
        if (!killsOnClose || job.TrySet(Kernel32.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0))
            return job;

        job.Dispose();
        return null;
    }

    /// <summary>Adds a process; false if it has exited, or if Windows refuses.</summary>
    internal bool TryAdd(SafeHandle process) => Kernel32.AssignProcessToJob(_handle, process) != 0;

    /// <summary>Terminates all processes of the job. No effect if there are none.</summary>
    internal void Terminate() => _ = Kernel32.TerminateJob(_handle, WindowsExitCodes.Terminated);

    /// <summary>
    /// Limits the memory that each process of the job may commit: beyond the limit, its allocations fail. Not for a job that kills on
    /// close, because this replaces all limits of the job.
    /// </summary>
    /// <param name="bytes">The limit; null for none.</param>
    internal bool TryLimitMemory(long? bytes) => TrySet(bytes is null ? 0 : Kernel32.JOB_OBJECT_LIMIT_PROCESS_MEMORY, bytes ?? 0);

    public void Dispose() => _handle.Dispose();

    private bool TrySet(uint flags, long memory)
    {
        var limits = new Kernel32.JobLimits { Flags = flags, ProcessMemoryLimit = (nuint)memory };
        return Kernel32.SetJobInformation(_handle, Kernel32.ExtendedLimits, &limits, sizeof(Kernel32.JobLimits)) != 0;
    }
}
