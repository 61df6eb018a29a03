using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// A child of this process, until it is reaped. .NET reaps every child, including those that it did not start, if this process is the
/// init process of a container or was started with SIGCHLD ignored; in the latter case the kernel reaps children too. Then the status
/// that <c>waitpid</c> would have returned is lost, and the process id may belong to another process.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>For tests: makes this class behave as on an earlier kernel.</summary>
    internal const string EarlierKernelSwitch = "Tandem.EarlierKernel";

    private readonly Lock _lock = new(); // keeps the child from being reaped while it is signalled
    private readonly Thread? _witness; // waits for the exit concurrently with the runtime; null if not needed
    private int _pidfd; // -1 if the process was lost, and after Dispose
    private int? _witnessed; // written by the witness thread before it ends
    private bool _isReaped; // no signal may be sent any more; guarded by _lock

    /// <param name="id">The process id.</param>
    internal ChildProcess(int id)
    {
        Id = id;
        _pidfd = Libc.PidfdOpen(id);
        if (_pidfd >= 0 && Environment.ProcessId == 1 && !KeepsExits)
        {
            _witness = Background.Thread($"Tandem exit of {id}", 128 * 1024, Witness);
            _witness.UnsafeStart();
        }
    }

    internal int Id { get; }

    /// <summary>The descriptor to poll: it becomes readable when the process has exited.</summary>
    internal int Descriptor => _pidfd;

    /// <summary>Whether the process was already reaped when this object was created, so there is nothing to poll.</summary>
    internal bool IsLost => _pidfd < 0;

    /// <summary>Whether the kernel returns the exit status of a process that other code has reaped.</summary>
    private static bool KeepsExits => Environment.OSVersion.Version >= new Version(6, 15) && !IsEarlierKernel;

    /// <summary>Whether features that earlier kernels lack are switched off, for tests.</summary>
    internal static bool IsEarlierKernel => AppContext.TryGetSwitch(EarlierKernelSwitch, out bool isEarlier) && isEarlier;

    /// <summary>Signals the process and its group; never a later process with the same id.</summary>
    internal void Signal(int signal)
    {
        lock (_lock)
        {
            if (!_isReaped)
                SignalGroup(signal);
        }
    }

    /// <summary>Sets the lowest priority for the process and its group.</summary>
    internal void SetLowestPriority()
    {
        lock (_lock)
        {
            if (!_isReaped && IsThere())
                Libc.SetLowestPriority(Id);
        }
    }

    /// <summary>Called once the process has exited: kills the rest of its group and reaps it. No signal is sent afterwards.</summary>
    /// <returns>How the process ended; unknown if other code has reaped it and the kernel does not provide the status.</returns>
    internal ExitStatus Reap()
    {
        lock (_lock)
        {
            // Processes that the child has started and left running are killed with it. This comes before the child is reaped, so the
            // group id still belongs to the child.
            SignalGroup(Libc.SIGKILL);
            long? pageFaults = IsThere() ? ProcStat.OfProcess(Id)?.PageFaults : null;
            int? status = null;
            if (!IsLost && Libc.WaitForChild(_pidfd, 0, out status) != 0)
                status = FindStatus();

            _isReaped = true;
            return ExitStatus.OfWait(status) with { PageFaults = pageFaults };
        }
    }

    public void Dispose()
    {
        _witness?.Join(); // it has ended, because the process was reaped
        if (_pidfd >= 0)
            _ = Libc.Close(_pidfd);
        _pidfd = -1;
    }

    private void SignalGroup(int signal)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (IsLost)
            return;

        // Earlier kernels identify a group by its id only, which belongs to the child as long as the child is not reaped.
        if ((IsEarlierKernel || Libc.SignalGroupOf(_pidfd, signal) is not (0 or Libc.ESRCH)) && IsThere())
            _ = Libc.Kill(-Id, signal);
    }

    /// <summary>Whether it is still a child: it runs, or has exited and was not reaped.</summary>
    private bool IsThere() => !IsLost && Libc.WaitForChild(_pidfd, Libc.WNOHANG | Libc.WNOWAIT, out _) == 0;

    /// <summary>Gets the status of a child that other code has reaped.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "The kernel provides no event for this; it takes a moment.")]
    private int? FindStatus()
    {
        const int MostLooks = 1000;
        if (_witness is not null)
        {
            _witness.Join();
            return _witnessed;
        }

        if (!KeepsExits)
            return null;

        // The process that reaps the child first unlinks it; the kernel records its exit status a moment later.
        int? status = null;
        for (int i = 0; i < MostLooks && Libc.TryGetExitOfReaped(_pidfd, out status) && status is null; i++)
            Thread.Sleep(1);

        return status;
    }

    /// <summary>
    /// Waits for the exit concurrently with the runtime: the kernel wakes both threads, and this one has less to do before it reads the
    /// status. If it is too late nevertheless, the status is unknown.
    /// </summary>
    private void Witness() => _ = Libc.WaitForChild(_pidfd, Libc.WNOWAIT, out _witnessed);
}
