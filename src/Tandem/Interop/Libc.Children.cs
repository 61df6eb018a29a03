using System.Runtime.InteropServices;

namespace Tandem.Interop;

/// <content>Child processes by descriptor (pidfd). Unlike a process id, a descriptor never refers to another process later.</content>
internal static unsafe partial class Libc
{
    internal const int ECHILD = 10;
    internal const int ESRCH = 3;

    private const int PidfdSendSignalNumber = 424;

    /// <summary>Sends a signal to the process group whose id equals the id of a process, even after that process has exited.</summary>
    /// <returns>0, or an error number: EINVAL where the system does not support this (Linux before 6.9).</returns>
    internal static int SignalGroupOf(int pidfd, int signal)
    {
        const int PIDFD_SIGNAL_PROCESS_GROUP = 4;
        return SysCall6(PidfdSendSignalNumber, pidfd, signal, 0, PIDFD_SIGNAL_PROCESS_GROUP, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends a signal to a process.</summary>
    /// <returns>0, or an error number.</returns>
    internal static int SignalProcess(int pidfd, int signal) =>
        SysCall6(PidfdSendSignalNumber, pidfd, signal, 0, 0, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Whether a process with this id exists, including one that has exited and was not reaped.</summary>
    internal static bool Exists(int processId) => Kill(processId, 0) == 0 || Marshal.GetLastPInvokeError() != ESRCH;

    /// <summary>Checks, waits for, or reaps a child.</summary>
    /// <param name="pidfd">The descriptor of the child.</param>
    /// <param name="options">The options of <c>waitid</c>; 0 waits and reaps.</param>
    /// <param name="status">The status in the format of <c>waitpid</c>; null if the child has not exited.</param>
    /// <returns>0, or an error number: <see cref="ECHILD"/> if other code has reaped the child.</returns>
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

    /// <summary>An option of <see cref="WaitForChild"/>: does not reap the child.</summary>
    internal const int WNOWAIT = 0x1000000;

    /// <summary>An option of <see cref="WaitForChild"/>: does not block.</summary>
    internal const int WNOHANG = 1;

    /// <summary>
    /// Gets how a process ended that other code has reaped. The kernel keeps this for holders of a descriptor of the process.
    /// </summary>
    /// <param name="pidfd">The descriptor of the process.</param>
    /// <param name="status">The status in the format of <c>waitpid</c>; null if the kernel has not recorded it yet.</param>
    /// <returns>False where the system does not keep the status (Linux before 6.15) or does not return it.</returns>
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
