using System.Diagnostics;
using Tandem.Events;
using Tandem.Invocation;
using Tandem.Launch;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// The queue of a pool of processes, and which waiting item goes to which worker, and when. Changes under the engine's lock; workers that
/// sleep are woken after it, and so items are settled after it.
/// </summary>
internal sealed class ItemAssignment
{
    private readonly ProcessEngine _engine;
    private readonly Supervisor _supervisor;
    private readonly Deadlines _deadlines;
    private readonly SilenceWatch _silence;
    private readonly PoolEnding _ending;
    private readonly Settlements _settlements;
    private readonly Lock _lock; // the engine's
    private readonly Admission<RemoteItem> _admission; // before the queue, if that is bounded
    private readonly ItemQueue _queue = new();
    private readonly Dispatcher _dispatcher;
    private readonly CallerPredictor _callers = new();

    internal ItemAssignment(
        ProcessEngine engine, Supervisor supervisor, Deadlines deadlines, SilenceWatch silence, PoolEnding ending, Settlements settlements)
    {
        _engine = engine;
        _supervisor = supervisor;
        _deadlines = deadlines;
        _silence = silence;
        _ending = ending;
        _settlements = settlements;
        _lock = engine.Gate;
        _admission = new Admission<RemoteItem>(engine.Options, AdmitNext);
        // Under a memory limit for workers, nothing starts before the parent has looked.
        _dispatcher = new Dispatcher(engine.Options.ConcurrencyPerWorker, sendsAhead: engine.Options.MaxWorkerMemory is null);
    }

    /// <summary>Items that wait for a worker.</summary>
    internal int QueueLength
    {
        get
        {
            Debug.Assert(_lock.IsHeldByCurrentThread);
            return _queue.Count;
        }
    }

    /// <summary>What the first item in the queue calls; null for none.</summary>
    internal RemoteMethod? FirstWaiting
    {
        get
        {
            Debug.Assert(_lock.IsHeldByCurrentThread);
            return _queue.First?.Payload.RemoteMethod;
        }
    }

    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _queue.AssertInvariants();
    }

    /// <summary>Learns how long items take, in stopwatch ticks. Without the lock.</summary>
    internal void Measure(long elapsed, int items) => _dispatcher.Measure(elapsed, items);

    /// <summary>An item comes from its caller.</summary>
    internal void Accept(RemoteItem item)
    {
        switch (_admission.Enter(item))
        {
            case Entry.Granted:
                Admit(item, isNew: true);
                break;
            case Entry.Refused:
                _engine.FailItem(item, _admission.Full(item));
                break;
        }
    }

    /// <param name="item">The item, which has a place in the queue.</param>
    /// <param name="isNew">Whether it comes from its caller now; else it has waited for its place.</param>
    private void Admit(RemoteItem item, bool isNew)
    {
        ProcessWorker? alone = null;
        bool polls = false;
        bool isAdmitted;
        WorkersToWake workersToWake;
        lock (_lock)
        {
            _engine.AssertInvariants();
            isAdmitted = TryAdmit(item, isNew, out ProcessWorker? worker);
            // Alone with the worker: the answer may be there before this thread could have been woken for it. A worker that has
            // answered nothing yet takes longer, and may need this processor for it.
            if (worker is { InFlight: 1, ItemsDone: > 0 } && item.Chunk is null && item.DetailsIfAny?.LongCall is not { HasWaiter: true })
            {
                alone = worker;
                polls = _callers.ShouldPoll();
            }

            workersToWake = _dispatcher.FlushTouched();
        }

        bool woken = workersToWake.Wake();
        if (!isAdmitted)
        {
            _admission.Leave(item); // a pool that drains still runs what waits for this place
            _engine.FailItem(item, _engine.Disposed());
        }
        else if (alone is not null && !polls)
        {
            _callers.OnLeaving(woken);
        }
        else if (alone is not null && _dispatcher.PollMicroseconds(woken) is > 0 and int microseconds)
        {
            alone.Link.Poll(item, microseconds);
        }
    }

    /// <summary>
    /// An item that waited for a place in the queue has one. An item that is sent gives its place up under the lock, so the order is kept;
    /// then the code that has the lock wakes the worker, and it waits for another item's answer, if for any.
    /// </summary>
    private void AdmitNext(RemoteItem item)
    {
        if (!_lock.IsHeldByCurrentThread)
            Admit(item, isNew: false);
        else if (!TryAdmit(item, isNew: false, out _))
            _settlements.Fail(item, _engine.Disposed());
    }

    /// <summary>Sends an item, or has it wait. False when the pool does not take it any more.</summary>
    /// <param name="item">The item, which has a place in the queue.</param>
    /// <param name="isNew">Whether it comes from its caller now.</param>
    /// <param name="receiver">The worker that it was sent to; null if it waits.</param>
    private bool TryAdmit(RemoteItem item, bool isNew, out ProcessWorker? receiver)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        receiver = null;
        _callers.OnCall();
        if (_ending.HasBegun && (isNew || _ending.IsDiscarding))
            return false;

        if (item.State != ItemState.Queued)
        {
            // Cancelled before it got here; the code that cancelled it sees to everything.
        }
        else if (_queue.Count == 0 && Pick(item) is { } worker)
        {
            if (item.TryAssign() && Send(worker, item))
            {
                receiver = worker;
                _admission.Leave(item);
                if (worker.IsSpent)
                    Pump(null); // its successor is started while it works
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

        return true;
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

        if (!_ending.IsDiscarding && _supervisor.Balance(_queue.Count))
            Pump(null);
    }

    private void SendWaiting()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        while (_queue.First is { } first && Pick(first) is { } worker)
        {
            RemoteItem item = _queue.Dequeue()!;
            if (!item.TryAssign())
                continue;

            // Cancelled while it was between two workers, when nobody could be told.
            if (item.CancellationToken.IsCancellationRequested)
            {
                _settlements.Cancel(item);
            }
            else if (!Send(worker, item))
            {
                _queue.EnqueueFirst(item);
                break;
            }

            _admission.Leave(item);
        }
    }

    private ProcessWorker? Pick(RemoteItem item) =>
        _dispatcher.Pick(_supervisor.Workers, _supervisor.IsStaffed, isChunk: item.Chunk is not null);

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
            // The item cannot be sent to any worker. The code on this thread may not have submitted it, so it does not get the error.
            _settlements.Fail(item, e);
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
            if (_ending.IsAborting)
                _settlements.Fail(item, _engine.Disposed());
            else if (item.TryRequeue())
                _queue.EnqueueFirst(item);
        }
    }

    /// <summary>A worker answered some items: it has room for others.</summary>
    internal void OnAnswered(ProcessWorker worker)
    {
        WorkersToWake workersToWake;
        lock (_lock)
        {
            _engine.AssertInvariants();
            if (worker.FreeAnswered())
                _supervisor.OnChanged();
            if (worker.IsExhausted)
                _supervisor.Retire(worker, EventReason.Memory, "An item ran out of memory in it.", isUrgent: true);
            _supervisor.Review(worker);
            _supervisor.EndIfDrained(worker);
            Pump(worker);
            workersToWake = _dispatcher.FlushTouched();
            CheckIdle();
        }

        workersToWake.Wake();
    }

    /// <summary>Workers became ready.</summary>
    internal void OnReady()
    {
        WorkersToWake workersToWake;
        lock (_lock)
        {
            _engine.AssertInvariants();
            Pump(null);
            // A worker that has nothing to do takes what was sent ahead to another one. Pumping may add workers.
            for (int i = 0; i < _supervisor.Workers.Count; i++)
            {
                if (_supervisor.Workers[i] is { InFlight: 0, TakesItems: true } idle)
                    Pump(idle);
            }

            workersToWake = _dispatcher.FlushTouched();
            CheckIdle();
        }

        workersToWake.Wake();
    }

    /// <summary>A worker has begun to end: what it has not started goes elsewhere now. Its exit settles the rest.</summary>
    internal void OnEnding(ProcessWorker worker)
    {
        WorkersToWake workersToWake;
        bool steppedIn;
        lock (_lock)
        {
            // While the pool ends, and of a guest, whose end is for its own supervisor to decide about, the exit settles everything.
            if (_ending.HasBegun || LaunchableProgram.Of(_engine.Options).HasOwnSupervisor || !_supervisor.TryTakeOut(worker))
                return;

            worker.SetLowestPriority();
            // What waits comes before the start of another process, which takes a processor for milliseconds: the exit sees to that.
            steppedIn = _supervisor.PromoteSpares();
            if (steppedIn)
                SendWaiting();
            else
                Pump(null);
            workersToWake = _dispatcher.FlushTouched();
        }

        // One that only pretends, or has lost the thread that listens to the pool, is of no use either.
        worker.Kill();
        // One that stepped in, that is; without a spare several workers may get items, and would be in each other's way here.
        _ = workersToWake.Wake(here: steppedIn);
    }

    /// <summary>A worker has exited, and it was decided what becomes of its items.</summary>
    internal void OnExited(ProcessWorker worker, Forensics forensics, CrashRecovery recovery)
    {
        WorkersToWake workersToWake;
        lock (_lock)
        {
            _engine.AssertInvariants();
            // In the order in which they were sent, before everything that waits.
            for (int i = recovery.Waiting.Count - 1; i >= 0; i--)
            {
                RemoteItem item = recovery.Waiting[i];
                item.Worker = null;
                if (item.TryRequeue())
                    _queue.EnqueueFirst(item);
            }

            _supervisor.OnExited(worker, forensics);
            Pump(null);
            workersToWake = _dispatcher.FlushTouched();
            foreach (RemoteItem item in TakeUnservable())
                recovery.Failed.Add((item, _engine.Disposed()));
        }

        workersToWake.Wake();
    }

    /// <summary>Fails what waits: no worker can be started.</summary>
    internal void FailWaiting(Exception cause)
    {
        List<RemoteItem> items = [];
        WorkersToWake workersToWake;
        lock (_lock)
        {
            while (_queue.Dequeue() is { } item)
                items.Add(item);
            foreach (RemoteItem item in items)
                _admission.Leave(item); // under the lock: see Leave
            workersToWake = _dispatcher.FlushTouched();
        }

        workersToWake.Wake();
        foreach (RemoteItem item in items)
        {
            if (item.TryAssign())
            {
                _engine.FailItem(item, new WorkerStartException(cause.Message, cause.InnerException ?? cause)
                {
                    WorkItemName = item.NameOf(0),
                    Failure = (cause as WorkerStartException)?.Failure ?? default,
                });
            }
        }

        lock (_lock)
            CheckIdle();
    }

    /// <summary>Makes an item the caller's alone, if it has not started. <see cref="Leave"/> follows, without the lock.</summary>
    internal bool TryTakeBack(RemoteItem item)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (!item.TryAssign())
            return item.Worker is { } worker && worker.Holds(item) && worker.TryRevoke(item);

        _queue.Remove(item);
        return true;
    }

    /// <summary>An item that was taken back needs its place no more.</summary>
    internal void Leave(RemoteItem item)
    {
        WorkersToWake workersToWake;
        lock (_lock)
        {
            // Under the lock: the pool must not become idle while the next item is neither before the queue nor in it.
            _admission.Leave(item);
            workersToWake = _dispatcher.FlushTouched();
            CheckIdle();
        }

        workersToWake.Wake();
    }

    /// <summary>The pool ends without what waits: takes that, also what waits for a place in the queue.</summary>
    internal void TakeWaiting(List<RemoteItem> taken)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        taken.AddRange(_admission.Close());
        while (_queue.Dequeue() is { } waiting)
            taken.Add(waiting);
    }

    /// <summary>
    /// A pool that is disposed starts no workers, so the rest of a chunk whose worker is gone has nobody left to run it.
    /// </summary>
    private List<RemoteItem> TakeUnservable()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        List<RemoteItem> items = [];
        while (_ending.IsDiscarding && !_supervisor.HasWork && _queue.Dequeue() is { } item)
        {
            if (item.TryAssign())
                items.Add(item);
        }

        return items;
    }

    /// <summary>If the pool is stopping and nothing is left to do, completes the task that waits for this.</summary>
    internal void CheckIdle()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_ending.IsDiscarding && _queue.Count > 0)
        {
            foreach (RemoteItem item in TakeUnservable())
                _settlements.Fail(item, _engine.Disposed());
        }

        if (_ending.IsAwaited && _queue.Count == 0 && !_supervisor.HasWork && !_admission.HasWaiting && !_settlements.AnyDue)
            _ending.SetIdle();
    }
}
