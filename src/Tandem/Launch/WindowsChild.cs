using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// A child of this process on Windows, in a Job object of its own. The kernel terminates the processes of the job when the pool kills the
/// worker, when the worker has exited, and when this process ends in whatever way.
/// </summary>
/// <remarks>
/// The worker runs already when it is added to the job. Processes that it had started before would not belong to the job. But it starts
/// none: it runs no code of an item, of an initializer or of a state factory before its parent has sent that, which happens after the
/// process was added. Exceptions are startup hooks of the user's own and profilers, which run before the worker connects.
/// </remarks>
internal sealed class WindowsChild : StartedChild
{
    private readonly Lock _lock = new(); // guards the fields below
    private readonly SafeHandle _process; // the caller closes it, after EndGroup
    private readonly JobObject? _job; // null if Windows refuses: then only the process itself is terminated
    private bool _hasEnded;

    /// <param name="process">The handle of the process, which stays open until <see cref="EndGroup"/> was called.</param>
    internal WindowsChild(SafeHandle process)
    {
        _process = process;
        _job = JobObject.TryCreate(killsOnClose: true);
        if (_job is null || _job.TryAdd(process))
            return;

        _job.Dispose();
        _job = null;
    }

    // A process without a window cannot be asked to exit.
    internal override void Terminate() => Kill();

    internal override void Kill()
    {
        lock (_lock)
        {
            if (_hasEnded)
                return;

            // The handle refers to this process also after its exit. The result does not matter: a failure means that it has exited.
            if (_job is not null)
                _job.Terminate();
            else
                _ = Kernel32.TerminateProcess(_process, WindowsExitCodes.Terminated);
        }
    }

    internal override void EndGroup()
    {
        lock (_lock)
        {
            if (_hasEnded)
                return;

            _hasEnded = true;
            _job?.Terminate();
            _job?.Dispose();
        }
    }
}
