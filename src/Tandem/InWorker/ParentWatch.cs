using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.InWorker;

/// <summary>
/// Ends a worker when its parent has exited, if the kernel does not do that (PR_SET_PDEATHSIG, Job objects). Usually the worker reads the end
/// of its control pipe first. But the pipe stays open if another process has inherited the parent's end of it.
/// </summary>
internal static unsafe class ParentWatch
{
    private const int PollMilliseconds = 1000;

    /// <summary>Starts the thread that waits for the exit of the parent. Unix only.</summary>
    /// <param name="parent">The process id of the parent.</param>
    internal static void Begin(int parent) =>
        Background.Thread("Tandem parent", 128 * 1024, () => Watch(parent), _ => WorkerHost.EndAsOrphan()).UnsafeStart();

    private static void Watch(int parent)
    {
        // The descriptor belongs to the parent only if the parent still runs after it was opened.
        int pidfd = OperatingSystem.IsLinux() ? Libc.PidfdOpen(parent) : -1;
        while (Libc.GetParentPid() == parent)
        {
            var exit = new Libc.PollFd { Fd = pidfd, Events = Libc.POLLIN };
            if (pidfd >= 0)
                _ = Libc.Poll(&exit, 1, -1);
            else
                _ = Libc.SleepMicroseconds(PollMilliseconds * 1000 - 1); // the longest sleep that all systems accept
        }

        WorkerHost.EndAsOrphan();
    }
}
