using System.Diagnostics;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// A child of this process that was started by <see cref="System.Diagnostics.Process"/>, on Unix. The runtime reaps it as soon as it has ended, and
/// from then on its number may belong to another process, before anybody here hears of its end.
/// </summary>
internal sealed class RuntimeChild
{
    private readonly Lock _lock = new();
    private readonly int _id;
    private int _pidfd = -1; // none on systems that have no such descriptors, and once it is reaped
    private bool _isReaped;

    /// <param name="id">The process.</param>
    internal RuntimeChild(int id)
    {
        _id = id;
        if (!OperatingSystem.IsLinux())
            return;

        _pidfd = Libc.PidfdOpen(id);
        // One that has been reaped by now is no child any more, and the descriptor may be another process's. One without a descriptor for
        // another reason is signalled by its number, as where there are none.
        _isReaped = _pidfd < 0 ? System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Libc.ESRCH : !IsChild();
        if (_isReaped)
            Close();
    }

    /// <summary>Signals the process, and its group once it has made one; never one that has got its number later.</summary>
    internal void Signal(int signal)
    {
        lock (_lock)
        {
            if (_isReaped)
                return;

            SignalGroup(signal);
            if (_pidfd >= 0)
                _ = Libc.SignalProcess(_pidfd, signal);
            else
                _ = Libc.Kill(_id, signal);
        }
    }

    /// <summary>The process has ended and is reaped: ends what is left of its group. From then on nothing is signalled any more.</summary>
    internal void EndGroup()
    {
        lock (_lock)
        {
            bool wasReaped = _isReaped;
            _isReaped = true;
            if (!wasReaped)
                SignalGroup(Libc.SIGKILL);
            Close();
        }
    }

    private void SignalGroup(int signal)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        // The kernel knows the group by the descriptor, whoever has the number now.
        if (_pidfd >= 0 && !ChildProcess.IsEarlierKernel && Libc.SignalGroupOf(_pidfd, signal) is 0 or Libc.ESRCH)
            return;

        // By its number: that is not given to another process while a process or a group has it. So the group is the child's own as long as
        // the child is not reaped, and then as long as no process has the number.
        bool isOwn = _pidfd >= 0 && IsChild();
        if (isOwn || (_pidfd < 0 && !_isReaped) || !Libc.Exists(_id))
            _ = Libc.Kill(-_id, signal);
    }

    /// <summary>Whether it runs, or has ended and nobody has reaped it.</summary>
    private bool IsChild() => Libc.WaitForChild(_pidfd, Libc.WNOHANG | Libc.WNOWAIT, out _) != Libc.ECHILD;

    private void Close()
    {
        if (_pidfd >= 0)
            _ = Libc.Close(_pidfd);
        _pidfd = -1;
    }
}
