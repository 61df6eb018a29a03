using System.Diagnostics;
using Tandem.Events;

namespace Tandem.Processes;

/// <summary>
/// The worker processes of a pool: those that exist, how many are being launched, and how many are to serve. It decides nothing. All
/// state changes under the engine's lock.
/// </summary>
internal sealed class WorkerRoster(ProcessPoolOptions options, Lock gate)
{
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PoolTraffic _goneTraffic; // of workers that have exited
    private int _launching; // launches that were decided and whose worker is not in the list yet
    private int _wanted; // how many workers are to serve
    private bool _isChanged = true; // whether a worker has changed since the last decision about staffing
    private bool _isStopping; // the pool ends: no worker is started any more

    /// <summary>Workers that were launched and whose exit is not confirmed.</summary>
    internal List<ProcessWorker> Workers { get; } = [];

    /// <summary>How many launches are under way whose worker is not among <see cref="Workers"/> yet.</summary>
    internal int Launching
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _launching;
        }
    }

    /// <summary>How many workers are to serve, at most <see cref="WorkerPoolOptions.MaxWorkers"/>; 0 when none is to be started.</summary>
    internal int Wanted
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _wanted;
        }

        set
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            _wanted = value;
        }
    }

    /// <summary>Whether workers have changed since <see cref="TakeChange"/> was called last.</summary>
    internal bool IsChanged
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _isChanged;
        }
    }

    /// <summary>Whether the pool ends its workers.</summary>
    internal bool IsStopping
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _isStopping;
        }
    }

    /// <summary>Completes when the pool is stopping and no worker is left.</summary>
    internal Task AllGone => _allGone.Task;

    /// <summary>Whether any worker has items.</summary>
    internal bool HasWork
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return Workers.Exists(static worker => worker.InFlight > 0);
        }
    }

    /// <summary>What has gone through all workers, including those that have exited.</summary>
    internal PoolTraffic Traffic
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return Workers.Aggregate(_goneTraffic, static (sum, worker) => sum + worker.Traffic);
        }
    }

    /// <summary>Asserts what holds whenever the lock is taken.</summary>
    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        Debug.Assert(_launching >= 0, $"{_launching} workers are being launched.");
        Debug.Assert(_wanted >= 0 && _wanted <= options.MaxWorkers, $"{_wanted} of at most {options.MaxWorkers} workers are wanted.");
        foreach (ProcessWorker worker in Workers)
        {
            Debug.Assert(worker.State != WorkerState.Dead, "A dead worker counts as one of the pool's.");
            worker.AssertInvariants();
        }
    }

    /// <summary>A worker or the pool's limits have changed, so the staffing must be decided again.</summary>
    internal void OnChanged()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _isChanged = true;
    }

    /// <summary>The staffing is decided now for what has changed so far.</summary>
    internal void TakeChange()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _isChanged = false;
    }

    /// <summary>A launch was decided.</summary>
    internal void BeginLaunch()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _launching++;
    }

    /// <summary>A launch that was decided is not needed any more.</summary>
    internal void CancelLaunch()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _launching--;
    }

    /// <summary>A worker is about to be started: from now on it is one of the pool's.</summary>
    internal void Add(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _launching--;
        Workers.Add(worker);
    }

    /// <summary>A launch failed.</summary>
    /// <param name="worker">Its worker, which may be in the list already; null if there was none yet.</param>
    internal void OnLaunchFailed(ProcessWorker? worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (worker is null || !Workers.Remove(worker))
            _launching--;
    }

    /// <summary>The exit of a worker is confirmed.</summary>
    internal void Remove(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        Workers.Remove(worker);
        _goneTraffic += worker.Traffic;
        _isChanged = true;
    }

    /// <summary>The pool ends: no worker is started any more.</summary>
    internal void BeginStop()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _isStopping = true;
    }

    /// <summary>Completes <see cref="AllGone"/> if the pool is stopping and no worker is left.</summary>
    internal void CheckGone()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (_isStopping && Workers.Count == 0 && _launching == 0)
            _allGone.TrySetResult();
    }

    /// <summary>Counts the workers of each kind.</summary>
    internal WorkerCounts Count()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        var counts = new WorkerCounts { Starting = _launching };
        foreach (ProcessWorker worker in Workers)
        {
            switch (worker.Role)
            {
                case WorkerRole.Starting:
                    counts.Starting++;
                    break;
                case WorkerRole.Spare:
                    counts.Spare++;
                    break;
                case WorkerRole.Spent:
                    counts.Spent++;
                    break;
                case WorkerRole.Due:
                    counts.Due++;
                    break;
                case WorkerRole.Serving:
                    counts.Serving++;
                    break;
            }
        }

        return counts;
    }

    /// <summary>Decides what to do so that the pool has the workers that it should have.</summary>
    internal StaffingPlan PlanFor(WorkerCounts now)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        return StaffingPlan.For(now, _wanted, options.MaxWorkers, options.SpareWorkers);
    }
}
