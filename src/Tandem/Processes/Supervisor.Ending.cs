using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Events;
using Tandem.Transport;

namespace Tandem.Processes;

internal sealed partial class Supervisor
{
    /// <summary>Takes back every item that has not started.</summary>
    internal void RevokeAll(List<RemoteItem> revoked)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        foreach (ProcessWorker worker in Workers)
        {
            while (worker.RevokeLast() is { } item)
            {
                if (item.TryRequeue())
                    revoked.Add(item);
            }
        }
    }

    /// <summary>Cancels what runs; workers that do not follow are ended after the grace.</summary>
    internal void AbortAll()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        foreach (ProcessWorker worker in Workers)
        {
            foreach (RemoteItem item in worker.Items)
            {
                worker.SendCancel(item, FrameHeader.OwnToken);
                KillAfterGrace(worker, item);
            }
        }
    }

    /// <summary>Ends workers because of what they run.</summary>
    internal void KillBusy(string reason)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        foreach (ProcessWorker worker in Workers)
        {
            if (worker.Items.FirstOrDefault() is { } item)
                TryBeginKill(worker, item, EventReason.Requested, reason, atOnce: true);
        }
    }

    /// <summary>Nobody waits any longer for what is overdue; the pool ends without it.</summary>
    internal void KillOverdue()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        foreach (ProcessWorker worker in Workers)
        {
            if (worker.FirstOverdue is { } item)
                TryBeginKill(worker, item, EventReason.Disposed, $"It went on with '{item.Name}', whose time was over.");
        }
    }

    /// <summary>The item's token was cancelled; when the worker still has it after the grace, the worker is ended.</summary>
    internal void KillAfterGrace(ProcessWorker worker, RemoteItem item)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_options.CancellationGrace == Timeout.InfiniteTimeSpan)
            return;

        uint sequence = item.Sequence;
        item.Details.KeepGrace(Background.Timer(
            () =>
            {
                lock (_lock)
                {
                    if (worker.Holds(item) && item.Sequence == sequence)
                        TryBeginKill(worker, item, EventReason.Cancelled, $"It was ended because '{item.Name}' went on for {Seconds(_options.CancellationGrace)} after it was cancelled.");
                }
            },
            _options.CancellationGrace,
            _ => worker.Kill()));
        // Answered meanwhile, and perhaps before the timer was there: see OnLeft of the worker.
        Interlocked.MemoryBarrier();
        if (!worker.Holds(item))
            item.Details.EndGrace();
    }

    /// <summary>
    /// The worker gets nothing more, and what it has not started goes elsewhere, because of what an item does that
    /// it runs. False when that item is over by now: another one has started, which only happens when the one before has ended.
    /// </summary>
    internal bool TrySuspend(ProcessWorker worker, RemoteItem item)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        while (worker.RevokeLast() is { } other)
            _engine.Requeue(other);

        if (!worker.Holds(item) || (_options.ConcurrencyPerWorker == 1 && worker.HasOther(item)))
            return false;

        worker.AddOverdue(item);
        _changed = true;
        PumpLater();
        return true;
    }

    /// <summary>A worker has begun to end by itself. Out of rotation; what it has not started goes back. False when it was out before.</summary>
    internal bool TryTakeOut(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (!worker.Life.IsUp)
            return false;

        while (worker.RevokeLast() is { } item)
            _engine.Requeue(item);

        worker.Life.MoveTo(WorkerState.Killing);
        _changed = true;
        return true;
    }

    /// <summary>Out of rotation now; SIGTERM, and SIGKILL after the grace. False when the item that is to blame is over by now.</summary>
    internal bool TryBeginKill(ProcessWorker worker, RemoteItem culprit, string reason, string detail, bool atOnce = false)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (worker.Life.IsLost || !TrySuspend(worker, culprit))
            return false;

        worker.Life.MoveTo(WorkerState.Killing);
        worker.KillReason = detail;
        worker.WasKilledForItem = true;
        if (atOnce)
        {
            worker.Kill();
        }
        else
        {
            worker.Terminate();
            Escalate(worker);
        }

        _events.Raise(WorkerEventKind.Killed, worker.ProcessId, detail, reason);
        return true;
    }

    /// <summary>A worker has not started what it could start. That goes elsewhere, until the worker answers again.</summary>
    internal void Silence(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        while (worker.RevokeLast() is { } item)
            _engine.Requeue(item);

        worker.IsSilent = true;
        _changed = true;
    }

    /// <summary>A worker that does nothing any more is of no use. What it has not started goes elsewhere when it is gone.</summary>
    internal void KillSilent(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (worker.Life.IsLost)
            return;

        worker.Life.MoveTo(WorkerState.Killing);
        worker.KillReason = "It was killed because it did not start the work that it was sent: it was stopped, or hangs.";
        worker.WasKilledForItem = true;
        _changed = true;
        worker.Kill();
        _events.Raise(WorkerEventKind.Killed, worker.ProcessId, worker.KillReason, EventReason.Silent);
    }

    /// <summary>Looks whether a worker that has answered items is due to be replaced.</summary>
    internal void Review(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (worker is { State: WorkerState.Idle, IsSpent: true })
        {
            EndSpent(worker);
            return;
        }

        if (worker is { Life.IsUp: true, RetireReason: null, IsSpare: false }
            && worker.Recycling?.Reason(worker.ProcessId, worker.ItemsDone, out string detail, out bool isUrgent) is { } reason)
        {
            Retire(worker, reason, detail, isUrgent);
        }
    }

    /// <summary>A worker has finished the last item that it may run.</summary>
    private void EndSpent(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (worker.RetireReason is null)
        {
            worker.RetireReason = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"It has run {worker.ItemsDone} items.");
            _events.Raise(WorkerEventKind.Recycled, worker.ProcessId, worker.RetireReason, EventReason.Items);
        }

        _changed = true;
        Drain(worker);
    }

    /// <summary>Replaces a worker: at once if that is urgent, otherwise when its successor is ready.</summary>
    internal void Retire(ProcessWorker worker, string reason, string detail, bool isUrgent)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (!worker.Life.IsUp || worker.RetireReason is not null)
            return;

        worker.RetireReason = detail;
        _changed = true;
        _events.Raise(WorkerEventKind.Recycled, worker.ProcessId, detail, reason);
        if (isUrgent)
            Drain(worker);
        // A spare may step in, for which items wait.
        if (Balance(0))
            PumpLater();
    }

    /// <summary>A worker that drains and has nothing left is told to end.</summary>
    internal void EndIfDrained(ProcessWorker worker)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (worker is { State: WorkerState.Draining, InFlight: 0, IsExpectedToExit: false })
            SendStop(worker);
    }

    /// <summary>Those that are due go as far as successors are there, and those that are too many, too.</summary>
    private void Retire(StaffingPlan plan)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        // Those first that have nothing to do.
        Drain(plan.RetireDue, WorkerRole.Due);
        Drain(plan.RetireServing, WorkerRole.Serving);
        Drain(plan.RetireSpares, WorkerRole.Spare);
    }

    private void Drain(int count, WorkerRole role)
    {
        if (count == 0)
            return;

        foreach (WorkerState state in (ReadOnlySpan<WorkerState>)[WorkerState.Idle, WorkerState.Busy])
        {
            for (int i = Workers.Count - 1; i >= 0 && count > 0; i--)
            {
                if (Workers[i] is var worker && worker.Role == role && worker.State == state)
                {
                    Drain(worker);
                    count--;
                }
            }
        }
    }

    /// <summary>Has the engine give waiting items to the workers that there are now. Not at once, because the caller has the lock.</summary>
    private void PumpLater()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        Background.Queue(static engine => engine.OnReady(), _engine, static (engine, e) => engine.Events.OnBackgroundFailure(e));
    }

    private void Drain(ProcessWorker worker)
    {
        while (worker.RevokeLast() is { } item)
            _engine.Requeue(item);

        worker.Life.MoveTo(WorkerState.Draining);
        EndIfDrained(worker);
    }

    private void SendStop(ProcessWorker worker)
    {
        worker.IsExpectedToExit = true;
        worker.Life.MoveTo(WorkerState.Draining);
        // A full ring is impossible here: nothing is in flight. The control channel reaches a worker that does not listen.
        worker.Link.SendControl(FrameKind.Stop, 0, 0, 0);
        Escalate(worker);
    }

    /// <summary>Kills the worker when it has not ended within the grace.</summary>
    private void Escalate(ProcessWorker worker)
    {
        worker.Deadline?.Dispose();
        worker.Deadline = Background.Timer(worker.Kill, _options.TerminationGrace);
    }

    /// <summary>Looks regularly at what no answer would bring to light: age, and idleness.</summary>
    private ITimer? StartSweep()
    {
        if (_options.IdleTimeout is null && _options.MaxWorkerAge is null)
            return null;

        TimeSpan shortest = TimeSpan.FromTicks(Math.Min((_options.IdleTimeout ?? TimeSpan.MaxValue).Ticks, (_options.MaxWorkerAge ?? TimeSpan.MaxValue).Ticks));
        var interval = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 4, 10, 60_000));
        return Background.Timer(Sweep, interval, interval, _events.OnBackgroundFailure);
    }

    private void Sweep()
    {
        lock (_lock)
        {
            if (_stopping)
                return;

            for (int i = Workers.Count - 1; i >= 0; i--)
            {
                ProcessWorker worker = Workers[i];
                Review(worker);
                if (_options.IdleTimeout is { } limit
                    && worker is { State: WorkerState.Idle, Role: WorkerRole.Serving }
                    && worker.IdleFor >= limit
                    && _wanted > _options.MinWorkers)
                {
                    _wanted--;
                    Retire(worker, EventReason.Idle, $"It had nothing to do for {Seconds(limit)}.", isUrgent: true);
                }
            }
        }
    }
}
