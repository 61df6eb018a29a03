using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// A child of this process, until it is reaped. .NET reaps every child, also those that it did not start, where this process is the first one of a
/// container or was started with SIGCHLD ignored, and so does the kernel in the latter case. Then what <c>waitpid</c> would have
/// said is lost, and the number may belong to another process.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>Has this class do as it does on an earlier kernel, for tests.</summary>
    internal const string EarlierKernelSwitch = "Tandem.EarlierKernel";

    private readonly Lock _lock = new();
    private readonly Thread? _witness;
    private int _pidfd;
    private int? _witnessed; // written by the witness before it ends
    private bool _isReaped;

    /// <param name="id">The process.</param>
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

    /// <summary>To be polled: it can be read when the process has ended.</summary>
    internal int Descriptor => _pidfd;

    /// <summary>Whether it was gone before it could be watched: there is nothing to poll.</summary>
    internal bool IsLost => _pidfd < 0;

    /// <summary>Whether the kernel says how a process ended that somebody else has reaped.</summary>
    private static bool KeepsExits => Environment.OSVersion.Version >= new Version(6, 15) && !IsEarlierKernel;

    /// <summary>Whether the kernel is not asked for what earlier ones do not have.</summary>
    internal static bool IsEarlierKernel => AppContext.TryGetSwitch(EarlierKernelSwitch, out bool isEarlier) && isEarlier;

    /// <summary>Signals the process and all others of its group; never one that has got its number later.</summary>
    internal void Signal(int signal)
    {
        lock (_lock)
        {
            if (!_isReaped)
                SignalGroup(signal);
        }
    }

    /// <summary>Has it and its group run only when nobody else wants the processor.</summary>
    internal void PutLast()
    {
        lock (_lock)
        {
            if (!_isReaped && IsThere())
                Libc.PutLast(Id);
        }
    }

    /// <summary>
    /// Once it has ended: ends what is left of its group, and reaps it. From then on nothing is signalled any more.
    /// </summary>
    /// <returns>How it ended; unknown where somebody else has reaped it and nothing else says so.</returns>
    internal ExitStatus Reap()
    {
        lock (_lock)
        {
            // What it has started and left behind goes with it. Before it is reaped here, so that the number is certainly its own.
            SignalGroup(Libc.SIGKILL);
            int? status = null;
            if (!IsLost && Libc.WaitForChild(_pidfd, 0, out status) != 0)
                status = FindStatus();

            _isReaped = true;
            return ExitStatus.OfWait(status);
        }
    }

    public void Dispose()
    {
        _witness?.Join(); // it has ended when the process was reaped
        if (_pidfd >= 0)
            _ = Libc.Close(_pidfd);
        _pidfd = -1;
    }

    private void SignalGroup(int signal)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (IsLost)
            return;

        // Earlier kernels know a group by its number only: it is the child's as long as that is not reaped.
        if ((IsEarlierKernel || Libc.SignalGroupOf(_pidfd, signal) is not (0 or Libc.ESRCH)) && IsThere())
            _ = Libc.Kill(-Id, signal);
    }

    /// <summary>Whether it is a child still: it runs, or has ended and nobody has reaped it.</summary>
    private bool IsThere() => !IsLost && Libc.WaitForChild(_pidfd, Libc.WNOHANG | Libc.WNOWAIT, out _) == 0;

    /// <summary>It is reaped already.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The kernel gives no event for this; it is over within a moment.")]
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

        // Who reaps it makes it no child first; the kernel notes its exit a moment later.
        int? status = null;
        for (int i = 0; i < MostLooks && Libc.TryGetExitOfReaped(_pidfd, out status) && status is null; i++)
            Thread.Sleep(1);

        return status;
    }

    /// <summary>
    /// Waits for the end ahead of the runtime: this thread is woken by the kernel as the runtime's is, and has less to do until it has seen it. Where it
    /// is late nevertheless, the end is unknown.
    /// </summary>
    private void Witness() => _ = Libc.WaitForChild(_pidfd, Libc.WNOWAIT, out _witnessed);
}
