using System.Diagnostics;
using Tandem.Events;
using Tandem.Launch;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <content>Which waiting item goes to which worker, and when.</content>
internal sealed partial class ProcessEngine
{
    /// <param name="item">The item, which has a place in the queue.</param>
    /// <param name="isNew">Whether it comes from its caller now; else it has waited for its place.</param>
    private void Admit(RemoteItem item, bool isNew)
    {
        ProcessWorker? alone = null;
        bool looks = false;
        bool refused = false;
        Sleepers sleepers;
        lock (_lock)
        {
            AssertInvariants();
            _callers.OnCall();
            if (_closed && (isNew || IsDiscarding))
            {
                refused = true;
            }
            else if (item.State != ItemState.Queued)
            {
                // Cancelled before it got here; who cancelled it sees to everything.
            }
            else if (_queue.Count == 0 && _dispatcher.Pick(_supervisor.Workers) is { } worker)
            {
                if (item.TryAssign() && Send(worker, item))
                {
                    _admission.Leave(item);
                    if (worker.IsSpent)
                        Pump(null); // its successor is started while it works
                    // Alone with the worker: the answer may be there before this thread could have been woken for it. A worker that has
                    // answered nothing yet takes longer, and may need this processor for it.
                    if (worker is { InFlight: 1, ItemsDone: > 0 } && item.Chunk is null)
                    {
                        alone = worker;
                        looks = _callers.Looks();
                    }
                }
                else
                {
                    _queue.Enqueue(item);
                }
            }
            else
            {
                _queue.Enqueue(item);
                Pump(null);
            }

            sleepers = _dispatcher.FlushTouched();
        }

        bool woken = sleepers.Wake();
        if (refused)
            GiveUp(item, Disposed());
        else if (alone is not null && !looks)
            _callers.OnLeaving();
        else if (alone is not null && _dispatcher.PollMicroseconds(woken) is > 0 and int microseconds)
            alone.Link.Poll(item, microseconds);
    }

    /// <summary>Gives waiting items to workers that have room; then has idle workers help busy ones.</summary>
    internal void Pump(ProcessWorker? idle)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        SendWaiting();
        if (idle is { InFlight: 0, TakesItems: true } && _queue.Count == 0 && _dispatcher.Overloaded(_supervisor.Workers) is { } busy)
        {
            if (busy.RevokeLast() is { } item && !Send(idle, item))
                _queue.EnqueueFirst(item);
        }

        if ((!_closed || _mode == StopMode.Drain) && _supervisor.Balance(_queue.Count))
            Pump(null);
    }

    private void SendWaiting()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        while (_queue.Count > 0 && _dispatcher.Pick(_supervisor.Workers) is { } worker)
        {
            RemoteItem item = _queue.Dequeue()!;
            if (!item.TryAssign())
                continue;

            // Cancelled while it was between two workers, when nobody could be told.
            if (item.CancellationToken.IsCancellationRequested)
            {
                FreePayload(item);
                item.SetCanceled(item.CancellationToken);
            }
            else if (!Send(worker, item))
            {
                _queue.EnqueueFirst(item);
                break;
            }

            _admission.Leave(item);
        }
    }

    private bool Send(ProcessWorker worker, RemoteItem item)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        item.Attempt++;
        try
        {
            if (worker.TrySend(item))
            {
                _dispatcher.Used(worker);
                _silence.OnSent();
                if (worker.IsSpent)
                    _supervisor.OnChanged();
                if (item.Limits is { } limits)
                    _deadlines.Watch(worker, item, limits);
                return true;
            }
        }
        catch (Exception e) when (item.Worker is null)
        {
            // It cannot be sent to any worker. Whoever is on this thread now has nothing to do with it.
            GiveUp(item, e);
            return true;
        }

        item.Attempt--;
        item.TryRequeue();
        return false;
    }

    /// <summary>An item that was started, and not finished, goes back: a chunk whose elements took longer than thought.</summary>
    internal void Requeue(RemoteItem item)
    {
        lock (_lock)
        {
            item.Worker = null;
            item.Attempt--; // it goes on, it does not begin anew
            if (IsAborting)
                GiveUp(item, Disposed());
            else if (item.TryRequeue())
                _queue.EnqueueFirst(item);
        }
    }

    /// <summary>A worker answered some items: it has room for others.</summary>
    internal void OnAnswered(ProcessWorker worker)
    {
        Sleepers sleepers;
        lock (_lock)
        {
            AssertInvariants();
            if (worker.FreeAnswered())
                _supervisor.OnChanged();
            if (worker.IsExhausted)
                _supervisor.Retire(worker, EventReason.Memory, "An item ran out of memory in it.", isUrgent: true);
            _supervisor.Review(worker);
            _supervisor.EndIfDrained(worker);
            Pump(worker);
            sleepers = _dispatcher.FlushTouched();
            CheckIdle();
        }

        sleepers.Wake();
    }

    /// <summary>Workers became ready.</summary>
    internal void OnReady()
    {
        Sleepers sleepers;
        lock (_lock)
        {
            AssertInvariants();
            Pump(null);
            sleepers = _dispatcher.FlushTouched();
            CheckIdle();
        }

        sleepers.Wake();
    }

    /// <summary>A worker has begun to end: what it has not started goes elsewhere now. Its exit settles the rest.</summary>
    internal void OnEnding(ProcessWorker worker)
    {
        Sleepers sleepers;
        bool steppedIn;
        lock (_lock)
        {
            // While the pool ends, or if another supervisor decides what the exit means, the exit settles everything.
            if (_closed || LaunchableProgram.Of(Options).HasOwnSupervisor || !_supervisor.TryTakeOut(worker))
                return;

            worker.SetLowestPriority();
            // What waits comes before the start of another process, which takes a processor for milliseconds: the exit sees to that.
            steppedIn = _supervisor.LetSparesStepIn();
            if (steppedIn)
                SendWaiting();
            else
                Pump(null);
            sleepers = _dispatcher.FlushTouched();
        }

        // One that only pretends, or has lost the thread that listens to the pool, is of no use either.
        worker.Kill();
        // One that stepped in, that is; without a spare several workers may get items, and would be in each other's way here.
        _ = sleepers.Wake(here: steppedIn);
    }

    /// <summary>Fails what waits: no worker can be started.</summary>
    internal void FailWaiting(Exception cause)
    {
        List<RemoteItem> items = [];
        lock (_lock)
        {
            while (_queue.Dequeue() is { } item)
                items.Add(item);
        }

        foreach (RemoteItem item in items)
        {
            _admission.Leave(item);
            if (item.TryAssign())
            {
                GiveUp(item, new WorkerStartException(cause.Message, cause.InnerException ?? cause)
                {
                    WorkItemName = item.NameOf(0),
                    Failure = (cause as WorkerStartException)?.Failure ?? default,
                });
            }
        }

        lock (_lock)
            CheckIdle();
    }

    /// <summary>A method was defined to a worker.</summary>
    internal void OnDefined(Callable callable) => _supervisor.OnDefined(callable);

    /// <summary>What the first item in the queue calls; null for none.</summary>
    internal Callable? FirstWaiting
    {
        get
        {
            Debug.Assert(_lock.IsHeldByCurrentThread);
            return _queue.First?.Shipment.Callable;
        }
    }
}
