using System.Diagnostics;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// A child of this process that <see cref="System.Diagnostics.Process"/> has started, on Unix. The runtime reaps it as soon as it has
/// exited. From then on its id may belong to another process, even before this process is notified of the exit.
/// </summary>
internal sealed class RuntimeChild : StartedChild
{
    private readonly Lock _lock = new(); // guards the fields below
    private readonly int _id;
    private int _pidfd = -1; // -1 on systems without such descriptors, and once the child is reaped
    private bool _isReaped; // no signal may be sent any more

    /// <param name="id">The process id.</param>
    internal RuntimeChild(int id)
    {
        _id = id;
        if (!OperatingSystem.IsLinux())
            return;

        _pidfd = Libc.PidfdOpen(id);
        // If the process is no longer a child, it has already been reaped, and the descriptor may belong to another process. If there is
        // no descriptor for another reason, the process is signalled by its id, as on systems without descriptors.
        _isReaped = _pidfd < 0 ? System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Libc.ESRCH : !IsChild();
        if (_isReaped)
            Close();
    }

    internal override void Terminate() => Signal(Libc.SIGTERM);

    internal override void Kill() => Signal(Libc.SIGKILL);

    /// <summary>Signals the process, and its group once it has created one; never a later process with the same id.</summary>
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

    internal override void EndGroup()
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
        // With the descriptor, the kernel finds the group even if another process has the id now.
        if (_pidfd >= 0 && !ChildProcess.IsEarlierKernel && Libc.SignalGroupOf(_pidfd, signal) is 0 or Libc.ESRCH)
            return;

        // Signal by id. The kernel does not reuse an id while a process or a group has it. So the group belongs to the child as long as
        // the child is not reaped, and after that as long as no process has the id.
        bool isOwn = _pidfd >= 0 && IsChild();
        if (isOwn || (_pidfd < 0 && !_isReaped) || !Libc.Exists(_id))
            _ = Libc.Kill(-_id, signal);
    }

    /// <summary>Whether the child runs, or has exited and was not reaped.</summary>
    private bool IsChild() => Libc.WaitForChild(_pidfd, Libc.WNOHANG | Libc.WNOWAIT, out _) != Libc.ECHILD;

    private void Close()
    {
        if (_pidfd >= 0)
            _ = Libc.Close(_pidfd);
        _pidfd = -1;
    }
}
