using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Events;
using Tandem.Transport;

namespace Tandem.Processes;

/// <summary>
/// Ends workers, gently or not: takes their items back, tells them to exit, kills them, now or after a grace. All under the engine's lock.
/// </summary>
/// <param name="engine">Gets items back that have not started.</param>
/// <param name="roster">The pool's workers.</param>
/// <param name="gate">The engine's lock.</param>
/// <param name="time">The clock of the grace periods.</param>
internal sealed class WorkerStopper(ProcessEngine engine, WorkerRoster roster, Lock gate, TimeProvider time)
{
    private readonly ProcessPoolOptions _options = engine.Options;

    /// <summary>Takes back every item that has not started.</summary>
    internal void RevokeAll(List<RemoteItem> revoked)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        foreach (ProcessWorker worker in roster.Workers)
        {
            while (worker.RevokeLast() is { } item)
            {
                if (item.TryRequeue())
                    revoked.Add(item);
            }
        }
    }

    /// <summary>Cancels what runs. Workers that do not follow are killed after the grace.</summary>
    internal void AbortAll()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        foreach (ProcessWorker worker in roster.Workers)
        {
            foreach (RemoteItem item in worker.Items)
            {
                worker.SendCancel(item, FrameHeader.OwnToken);
                KillAfterGrace(worker, item);
            }
        }
    }

    /// <summary>Kills the workers that have items.</summary>
    internal void KillBusy(string reason)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        foreach (ProcessWorker worker in roster.Workers)
        {
            if (worker.Items.FirstOrDefault() is { } item)
                TryBeginKill(worker, item, EventReason.Requested, reason, atOnce: true);
        }
    }

    /// <summary>Kills the workers that run overdue items: nobody waits for these any longer, and the pool ends without them.</summary>
    internal void KillOverdue()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        foreach (ProcessWorker worker in roster.Workers)
        {
            if (worker.FirstOverdue is { } item)
                TryBeginKill(worker, item, EventReason.Disposed, $"It went on with '{item.Name}', whose time was over.");
        }
    }

    /// <summary>The item's token was cancelled: if the worker still has the item after the grace, the worker is killed.</summary>
    internal void KillAfterGrace(ProcessWorker worker, RemoteItem item)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (_options.CancellationGrace == Timeout.InfiniteTimeSpan)
            return;

        uint sequence = item.Sequence;
        item.Details.KeepGrace(Background.Timer(
            time,
            () =>
            {
                lock (gate)
                {
                    if (worker.Holds(item) && item.Sequence == sequence)
                    {
                        string grace = Supervisor.Seconds(_options.CancellationGrace);
                        TryBeginKill(
                            worker, item, EventReason.Cancelled,
                            $"It was ended because '{item.Name}' went on for {grace} after it was cancelled.");
                    }
                }
            },
            _options.CancellationGrace,
            _ => worker.Kill()));
        // The worker may have answered before the timer was kept: see OnLeft of the worker.
        Interlocked.MemoryBarrier();
        if (!worker.Holds(item))
            item.Details.EndGrace();
    }

    /// <summary>
    /// Sends nothing more to a worker, and takes back what it has not started, because of an item that it runs. False when that item is
    /// over by now: another one has started, which only happens when the one before has ended.
    /// </summary>
    internal bool TrySuspend(ProcessWorker worker, RemoteItem item)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        TakeBackItems(worker);
        if (!worker.Holds(item) || (_options.ConcurrencyPerWorker == 1 && worker.HasOther(item)))
            return false;

        worker.AddOverdue(item);
        roster.OnChanged();
        PumpLater();
        return true;
    }

    /// <summary>
    /// A worker has begun to exit by itself: it leaves the rotation, and what it has not started goes back to the queue. False when it had
    /// left before.
    /// </summary>
    internal bool TryTakeOut(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (!worker.Life.IsUp)
            return false;

        TakeBackItems(worker);
        worker.Life.MoveTo(WorkerState.Killing);
        roster.OnChanged();
        return true;
    }

    /// <summary>
    /// Takes a worker out of the rotation now and kills it: with SIGTERM, and with SIGKILL after the grace. False when the item that is to
    /// blame is over by now.
    /// </summary>
    internal bool TryBeginKill(ProcessWorker worker, RemoteItem culprit, string reason, string detail, bool atOnce = false)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (worker.Life.IsLost || !TrySuspend(worker, culprit))
            return false;

        worker.Life.MoveTo(WorkerState.Killing);
        worker.Leave(LeavingCause.KilledForItem, detail);
        if (atOnce)
        {
            worker.Kill();
        }
        else
        {
            worker.Terminate();
            KillAfterTerminationGrace(worker);
        }

        engine.Events.Raise(WorkerEventKind.Killed, worker.ProcessId, detail, reason);
        return true;
    }

    /// <summary>A worker does not start what it could start: its items go elsewhere, and it gets no others until it answers.</summary>
    internal void Silence(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        TakeBackItems(worker);
        worker.IsSilent = true;
        roster.OnChanged();
    }

    /// <summary>Kills a worker that does nothing any more. What it has not started goes elsewhere when it has exited.</summary>
    internal void KillSilent(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (worker.Life.IsLost)
            return;

        worker.Life.MoveTo(WorkerState.Killing);
        const string Detail = "It was killed because it did not start the work that it was sent: it was stopped, or hangs.";
        worker.Leave(LeavingCause.KilledAsSilent, Detail);
        roster.OnChanged();
        worker.Kill();
        engine.Events.Raise(WorkerEventKind.Killed, worker.ProcessId, Detail, EventReason.Silent);
    }

    /// <summary>
    /// Sends nothing more to a worker, takes back what it has not started, and tells it to exit once it has nothing left.
    /// </summary>
    internal void Drain(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        TakeBackItems(worker);
        worker.Life.MoveTo(WorkerState.Draining);
        EndIfDrained(worker);
    }

    /// <summary>Tells a worker to exit if it drains and has nothing left.</summary>
    internal void EndIfDrained(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        if (worker is { State: WorkerState.Draining, InFlight: 0, Leaving.IsExpected: false })
            SendStop(worker);
    }

    /// <summary>Tells a worker to exit, and kills it after the grace.</summary>
    internal void SendStop(ProcessWorker worker)
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        worker.Leave(LeavingCause.Stopped);
        worker.Life.MoveTo(WorkerState.Draining);
        // Not through the ring: the control channel also reaches a worker that does not read its ring.
        worker.Link.SendControl(FrameKind.Stop, 0, 0, 0);
        KillAfterTerminationGrace(worker);
    }

    /// <summary>
    /// Has the engine send waiting items to the workers that there are now. Not at once, because the caller holds the lock.
    /// </summary>
    internal void PumpLater()
    {
        Debug.Assert(gate.IsHeldByCurrentThread);
        Background.Queue(static engine => engine.OnReady(), engine, static (engine, e) => engine.Events.OnBackgroundFailure(e));
    }

    private void TakeBackItems(ProcessWorker worker)
    {
        while (worker.RevokeLast() is { } item)
            engine.Requeue(item);
    }

    private void KillAfterTerminationGrace(ProcessWorker worker)
    {
        worker.Deadline?.Dispose();
        worker.Deadline = Background.Timer(time, worker.Kill, _options.TerminationGrace);
    }
}
