using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <content>Children by descriptor (pidfd): unlike a number, it never means another process.</content>
internal static unsafe partial class Libc
{
    internal const int ECHILD = 10;
    internal const int ESRCH = 3;

    private const int PidfdSendSignalNumber = 424;

    /// <summary>Sends a signal to the process group whose number is that of a process, also when the process itself is gone.</summary>
    /// <returns>0, or an error number: EINVAL where the system cannot (Linux before 6.9).</returns>
    internal static int SignalGroupOf(int pidfd, int signal)
    {
        const int PIDFD_SIGNAL_PROCESS_GROUP = 4;
        return SysCall6(PidfdSendSignalNumber, pidfd, signal, 0, PIDFD_SIGNAL_PROCESS_GROUP, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends a signal to a process.</summary>
    /// <returns>0, or an error number.</returns>
    internal static int SignalProcess(int pidfd, int signal) =>
        SysCall6(PidfdSendSignalNumber, pidfd, signal, 0, 0, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Whether a process has this number, one included that has ended and was not reaped.</summary>
    internal static bool Exists(int processId) => Kill(processId, 0) == 0 || Marshal.GetLastPInvokeError() != ESRCH;

    /// <summary>Looks at, waits for, or reaps a child.</summary>
    /// <param name="pidfd">The child.</param>
    /// <param name="options">What <see cref="WaitForChild"/> does: 0 waits and reaps.</param>
    /// <param name="status">How it ended, as <c>waitpid</c> says it; null where it has not ended.</param>
    /// <returns>0, or an error number: <see cref="ECHILD"/> when somebody else has reaped it.</returns>
    internal static int WaitForChild(int pidfd, int options, out int? status)
    {
        const int P_PIDFD = 3;
        const int WEXITED = 4;
        const int CLD_EXITED = 1;
        const int SignalOffset = 0, CodeOffset = 8, StatusOffset = 24; // in siginfo_t of 64-bit Linux
        byte* information = stackalloc byte[128];
        status = null;
        while (true)
        {
            NativeMemory.Clear(information, 128);
            if (WaitId(P_PIDFD, pidfd, information, options | WEXITED) == 0)
                break;
            if (Marshal.GetLastPInvokeError() is not EINTR and var error)
                return error;
        }

        if (*(int*)(information + SignalOffset) != 0)
        {
            int value = *(int*)(information + StatusOffset);
            status = *(int*)(information + CodeOffset) == CLD_EXITED ? (value & 0xFF) << 8 : value & 0x7F;
        }

        return 0;
    }

    /// <summary>With <see cref="WaitForChild"/>: leaves the child to be reaped.</summary>
    internal const int WNOWAIT = 0x1000000;

    /// <summary>With <see cref="WaitForChild"/>: does not wait.</summary>
    internal const int WNOHANG = 1;

    /// <summary>How a process ended that somebody else has reaped. The kernel keeps it for those who have a descriptor of the process.</summary>
    /// <param name="pidfd">The process.</param>
    /// <param name="status">As <c>waitpid</c> says it; null where the kernel has not noted it yet.</param>
    /// <returns>False where the system does not keep it (Linux before 6.15), or does not say it.</returns>
    internal static bool TryGetExitOfReaped(int pidfd, out int? status)
    {
        const nuint PIDFD_GET_INFO = 0xC040FF0B;
        const ulong PIDFD_INFO_EXIT = 8;
        const int ExitCodeOffset = 60; // in struct pidfd_info
        byte* information = stackalloc byte[64];
        NativeMemory.Clear(information, 64);
        *(ulong*)information = PIDFD_INFO_EXIT;
        bool isSaid = IoControl(pidfd, PIDFD_GET_INFO, (int*)information) == 0;
        status = isSaid && (*(ulong*)information & PIDFD_INFO_EXIT) != 0 ? *(int*)(information + ExitCodeOffset) : null;
        return isSaid;
    }
}
