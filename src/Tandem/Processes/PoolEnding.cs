using System.Diagnostics;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>Whether a pool of processes is ending, and how. Changes under the engine's lock.</summary>
/// <param name="gate">The engine's lock.</param>
internal sealed class PoolEnding(Lock gate)
{
    private volatile bool _hasBegun;
    private StopMode _mode; // the strongest one so far
    private TaskCompletionSource? _idle; // completes when nothing is left to do; null until somebody waits for that

    /// <summary>Whether the pool takes no new items. May be read without the lock.</summary>
    internal bool HasBegun => _hasBegun;

    /// <summary>Whether the pool ends without what still waits.</summary>
    internal bool IsDiscarding => _hasBegun && _mode != StopMode.Drain;

    /// <summary>Whether the pool stops at once: what runs is cancelled.</summary>
    internal bool IsAborting => _hasBegun && _mode == StopMode.Abort;

    /// <summary>Whether somebody waits until nothing is left to do.</summary>
    internal bool IsAwaited
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _idle is not null;
        }
    }

    /// <summary>The pool is to end in this mode, unless a stronger one was given before.</summary>
    internal void Begin(StopMode mode)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _hasBegun = true;
        _mode = _mode > mode ? _mode : mode;
    }

    /// <summary>Completes after <see cref="SetIdle"/>. Called once.</summary>
    internal Task WhenIdle()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        Debug.Assert(_idle is null);
        _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _idle.Task;
    }

    /// <summary>Nothing is left to do.</summary>
    internal void SetIdle()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _idle?.TrySetResult();
    }
}
