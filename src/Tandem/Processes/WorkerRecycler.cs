using System.Diagnostics;
using System.Globalization;
using Tandem.BackgroundWork;
using Tandem.Events;

namespace Tandem.Processes;

/// <summary>
/// Replaces workers that have run enough items, hold too much memory or are too old, and ends those that have nothing to do for too long.
/// All under the engine's lock.
/// </summary>
internal sealed class WorkerRecycler
{
    private readonly ProcessPoolOptions _options;
    private readonly ProcessEngine _engine;
    private readonly WorkerRoster _roster;
    private readonly WorkerStopper _stopper;
    private readonly WorkerStaffing _staffing;
    private readonly Lock _lock; // the engine's
    private readonly ITimer? _timer; // checks age and idleness; null if neither is limited

    internal WorkerRecycler(
        ProcessEngine engine, WorkerRoster roster, WorkerStopper stopper, WorkerStaffing staffing, Lock gate, TimeProvider time)
    {
        _options = engine.Options;
        _engine = engine;
        _roster = roster;
        _stopper = stopper;
        _staffing = staffing;
        _lock = gate;
        if (_options.IdleTimeout is null && _options.MaxWorkerAge is null)
            return;

        // Age and idleness show in no answer, so they are polled.
        TimeSpan idle = _options.IdleTimeout ?? TimeSpan.MaxValue, age = _options.MaxWorkerAge ?? TimeSpan.MaxValue;
        TimeSpan shortest = idle < age ? idle : age;
        var interval = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 10, 60_000));
        _timer = Background.Timer(time, Sweep, interval, interval, engine.Events.OnBackgroundFailure);
    }

    /// <summary>Checks whether a worker that has answered items is due to be replaced.</summary>
    internal void Review(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (worker is { State: WorkerState.Idle, IsSpent: true })
        {
            EndSpent(worker);
            return;
        }

        if (worker is { Life.IsUp: true, Leaving.Cause: LeavingCause.None, IsSpare: false }
            && worker.Recycling?.Reason(worker.ProcessId, worker.ItemsDone, out string detail, out bool isUrgent) is { } reason)
        {
            Retire(worker, reason, detail, isUrgent);
        }
    }

    /// <summary>Replaces a worker: at once if that is urgent, otherwise when its successor is ready.</summary>
    internal void Retire(ProcessWorker worker, string reason, string detail, bool isUrgent)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (!worker.Life.IsUp || worker.Leaving.Cause != LeavingCause.None)
            return;

        worker.Leave(LeavingCause.Due, detail);
        _roster.OnChanged();
        _engine.Events.Raise(WorkerEventKind.Recycled, worker.ProcessId, detail, reason);
        if (isUrgent)
            _stopper.Drain(worker);
        // A spare may step in, and items may wait for it.
        if (_staffing.Balance(0))
            _stopper.PumpLater();
    }

    /// <summary>The pool ends: workers are not checked any more.</summary>
    internal void Stop()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _timer?.Dispose();
    }

    /// <summary>A worker has finished the last item that it may run.</summary>
    private void EndSpent(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (worker.Leaving.Cause == LeavingCause.None)
        {
            string detail = string.Create(CultureInfo.InvariantCulture, $"It has run {worker.ItemsDone} items.");
            worker.Leave(LeavingCause.Due, detail);
            _engine.Events.Raise(WorkerEventKind.Recycled, worker.ProcessId, detail, EventReason.Items);
        }

        _roster.OnChanged();
        _stopper.Drain(worker);
    }

    private void Sweep()
    {
        lock (_lock)
        {
            if (_roster.IsStopping)
                return;

            for (int i = _roster.Workers.Count - 1; i >= 0; i--)
            {
                ProcessWorker worker = _roster.Workers[i];
                Review(worker);
                if (_options.IdleTimeout is { } limit
                    && worker is { State: WorkerState.Idle, Role: WorkerRole.Serving }
                    && worker.IdleFor >= limit
                    && _roster.Wanted > _options.MinWorkers)
                {
                    _roster.Wanted--;
                    Retire(worker, EventReason.Idle, $"It had nothing to do for {Supervisor.Seconds(limit)}.", isUrgent: true);
                }
            }
        }
    }
}
