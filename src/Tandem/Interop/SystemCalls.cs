using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <summary>
/// The numbers of the system calls of Linux for which not every C library has a function. Each architecture has its own numbers. System
/// calls that were added since Linux 5.1 (pidfd_open, futex_waitv) have the same number on all of them.
/// </summary>
/// <param name="Futex">futex.</param>
/// <param name="GetThreadId">gettid.</param>
/// <param name="SetRobustList">set_robust_list.</param>
/// <param name="SetScheduling">sched_setattr.</param>
/// <param name="GetScheduling">sched_getattr.</param>
/// <param name="StatX">statx, for which musl has a function since version 1.2.5.</param>
internal sealed record SystemCalls(int Futex, int GetThreadId, int SetRobustList, int SetScheduling, int GetScheduling, int StatX)
{
    /// <summary>No system call has this number: the kernel answers ENOSYS.</summary>
    internal const int Unknown = -1;

    /// <summary>The numbers for the architecture of this process; null if they are not known.</summary>
    internal static SystemCalls? Current { get; } = Of(RuntimeInformation.ProcessArchitecture);

    /// <summary>Returns the numbers for an architecture; null if they are not known.</summary>
    internal static SystemCalls? Of(Architecture architecture) => architecture switch
    {
        Architecture.X64 => new SystemCalls(202, 186, 273, 314, 315, 332),
        Architecture.Arm64 => new SystemCalls(98, 178, 99, 274, 275, 291),
        _ => null,
    };
}
