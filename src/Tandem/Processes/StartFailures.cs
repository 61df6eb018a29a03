using System.Diagnostics;
using System.Globalization;
using Tandem.BackgroundWork;
using Tandem.Supervision;

namespace Tandem.Processes;

/// <summary>
/// Counts failed starts, delays the next start after them, and fails waiting items once the restart limit is reached. All state changes
/// under the engine's lock.
/// </summary>
/// <param name="engine">Has the items that wait.</param>
/// <param name="roster">The pool's workers.</param>
/// <param name="gate">The engine's lock.</param>
/// <param name="time">The clock of the back-off.</param>
internal sealed class StartFailures(ProcessEngine engine, WorkerRoster roster, Lock gate, TimeProvider time)
{
    private readonly RestartBudget _budget = new(engine.Options.MaxRestarts, engine.Options.RestartPeriod, time);
    private ITimer? _timer; // of the back-off; null when the next start does not wait
    private StartBackOff? _backOff; // set as long as the timer runs
    private WorkerStartException? _limitReached; // the last failure, while the restart limit is reached

    /// <summary>The last failed start, while the restart limit is reached.</summary>
    internal WorkerStartException? LimitReached
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _limitReached;
        }
    }

    /// <summary>What the next start waits for; null when it does not wait.</summary>
    internal StartBackOff? BackOff
    {
        get
        {
            Debug.Assert(gate.IsHeldByCurrentThread);
            return _backOff;
        }
    }

    /// <summary>Whether the next start waits.</summary>
    internal bool IsBackingOff => BackOff is not null;

    /// <summary>How many more starts may begin now: after a failure one at a time, because the next may fail as well.</summary>
    /// <param name="starting">How many workers are starting.</param>
    internal int AllowedStarts(int starting)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        return _budget.InARow > 0 ? 1 - starting : int.MaxValue;
    }

    /// <summary>A start succeeded.</summary>
    internal void OnReady()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _budget.OnReady();
        _limitReached = null;
    }

    /// <summary>A start failed: counts it, fails waiting items at the restart limit, and delays the next start.</summary>
    /// <param name="processId">The process; 0 when there was none.</param>
    /// <param name="error">What happened.</param>
    /// <param name="by">Who ended the process.</param>
    /// <param name="inUserCode">Whether it ran the initializer or the state factory.</param>
    internal void OnFailed(int processId, WorkerStartException error, EndedBy by = EndedBy.Itself, bool inUserCode = false)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        bool isFailure = true;
        TimeSpan delay = by == EndedBy.Outside ? _budget.OnKilled(inUserCode, out isFailure) : _budget.OnFailed();
        WorkerCounts now = roster.Count();
        string count = isFailure
            ? $"{_budget.InARow} in a row."
            : $"Somebody killed it, which does not count towards {nameof(ProcessPoolOptions.MaxRestarts)}.";
        engine.Events.Raise(WorkerEventKind.StartFailed, processId, $"{count} {error.Message}", error: error);
        roster.OnChanged();
        if (roster.IsStopping)
            return;

        if (isFailure)
            roster.Wanted = Math.Min(roster.Wanted, now.Ready + now.Starting);

        if (isFailure && _budget.IsSpent)
        {
            engine.Events.Raise(
                WorkerEventKind.RestartLimitReached, processId,
                $"Until a start succeeds, work fails at once; the next try is in {Supervisor.Seconds(delay)}.");
            _limitReached = error;
            if (now.Serving + now.Due == 0)
                FailWaiting(error);
        }

        if (delay > TimeSpan.Zero && _timer is null)
            DelayStarts(processId, delay, error, isFailure);
    }

    /// <summary>Fails the items that wait, outside of the lock, which the caller holds.</summary>
    internal void FailWaiting(WorkerStartException error)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        Background.Queue(
            static state => state.Engine.FailWaiting(state.Error),
            (Engine: engine, Error: error),
            static (state, e) => state.Engine.Events.OnBackgroundFailure(e));
    }

    /// <summary>For an item that has waited for too long: why no worker is started for it; null when nothing is known.</summary>
    internal string? DescribeWait()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (_backOff is not { } wait)
            return null;

        string cause = wait.FailedStarts > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{wait.FailedStarts} starts of workers failed in a row")
            : "Workers were killed while they started";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{cause}, so the next one is started at {wait.Until:HH:mm:ss.f} UTC. The last one: {wait.Cause.Message}");
    }

    /// <summary>The pool ends: the timer is not needed any more.</summary>
    internal void Stop()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _timer?.Dispose();
    }

    /// <summary>Delays all starts. Until then, snapshots and the errors of waiting items give the reason.</summary>
    private void DelayStarts(int processId, TimeSpan delay, WorkerStartException cause, bool isFailure)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        _backOff = new StartBackOff { Until = time.GetUtcNow() + delay, FailedStarts = _budget.InARow, Cause = cause };
        _timer = Background.Timer(time, EndBackOff, delay, engine.Events.OnBackgroundFailure);
        if (isFailure)
        {
            engine.Events.Raise(
                WorkerEventKind.StartDelayed, processId, $"The next worker is started in {Supervisor.Seconds(delay)}.",
                error: null, backOff: _backOff);
        }
    }

    private void EndBackOff()
    {
        lock (gate)
        {
            _timer?.Dispose();
            _timer = null;
            _backOff = null;
            roster.OnChanged();
            // Items fail at once while the limit is reached, so this start is what finds out whether the cause has gone away.
            if (_limitReached is not null)
                roster.Wanted = Math.Max(roster.Wanted, 1);
        }

        engine.OnReady();
    }
}
