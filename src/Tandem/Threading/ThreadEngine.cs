using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Tandem.Events;
using Tandem.Invocation;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>The engine of pools whose workers are threads of this process. The threads take items from shared queues.</summary>
/// <remarks>
/// A submitter first enqueues and then checks whether a worker sleeps. A worker first counts itself as sleeping and then checks the queue
/// again. Both execute a full fence in between (the interlocked operations), so no item is left in the queue while all workers sleep.
/// Model: docs/models/c/threads.c.
/// </remarks>
internal sealed class ThreadEngine : PoolEngine
{
    private readonly ConcurrentQueue<LocalItem> _queue = new(); // items of normal priority
    private readonly ConcurrentQueue<LocalItem> _urgent = new(); // items of high priority
    private readonly ConcurrentQueue<LocalItem> _later = new(); // items of low priority
    private readonly Admission<LocalItem> _admission; // the limit of the queue
    private readonly WakeUps _wakeUps = new(); // a permit for each worker that was removed from _sleeping
    private readonly List<ThreadWorker> _workers = []; // without abandoned workers; also the lock of the fields that need one
    private readonly HashSet<ThreadWorkerState> _states = []; // states that are not disposed yet
    private readonly CancellationTokenSource _abort = new(); // see Aborted

    /// <summary>Completes when all threads have ended or were abandoned.</summary>
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Func<object?>? _stateFactory; // builds the state of a worker; null for a pool without a state
    private int _sleeping; // workers that wait for a permit, or are about to; changed by compare-and-exchange
    private int _cancelled; // items in the queues that were cancelled or have expired
    private int _number; // the number of the next worker
    private int _started; // workers that take items; written under the lock
    private long _goneItems; // items that workers ran that have left the pool
    private int _alive; // threads that have not ended and were not abandoned; under the lock
    private volatile bool _closed; // no more items are accepted
    private volatile bool _discarding; // items in the queues fail
    private volatile bool _ending; // workers end when the queues are empty
    private Task? _finishing; // the task of FinishAsync; under the lock
    private bool _finished; // FinishAsync has disposed the states; a thread that ends later disposes its own

    internal ThreadEngine(ThreadedPoolOptions options, Func<object?>? stateFactory)
        : base(options, WorkerEventKind.Started)
    {
        _stateFactory = stateFactory;
        _admission = new Admission<LocalItem>(options, Admit);
        if (options.StartEagerly)
        {
            while (_started < Lanes)
                StartWorker();
        }
    }

    internal new ThreadedPoolOptions Options => (ThreadedPoolOptions)base.Options;

    protected override bool KeepsCreatorCultures => false;

    /// <summary>Cancelled when the pool aborts.</summary>
    internal CancellationToken Aborted => _abort.Token;

    protected override void Accept(WorkItem submitted)
    {
        var item = (LocalItem)submitted;
        if (_closed)
        {
            item.SetException(Disposed());
            return;
        }

        item.WatchCancellation(this);
        if (item.Limits is { } limits)
            item.WatchQueueTimeout(this, limits);
        switch (_admission.Enter(item))
        {
            case Entry.Granted:
                Admit(item);
                break;
            case Entry.Refused:
                item.SetException(_admission.Full(item));
                break;
            case Entry.Void:
                Interlocked.Decrement(ref _cancelled);
                break;
        }
    }

    private void Admit(LocalItem item)
    {
        QueueOf(item).Enqueue(item);
        Interlocked.MemoryBarrier(); // the item is visible before this thread looks for sleeping workers, and for the end of the pool
        if (!TryWakeOne() && Volatile.Read(ref _started) < Lanes)
            StartWorker();

        // The pool may have ended meanwhile, or may be about to. Then no worker takes the item, and it fails here.
        if (_discarding || _stopped.Task.IsCompleted)
            FailQueue();
    }

    internal override void OnItemCanceled(WorkItem canceled)
    {
        var item = (LocalItem)canceled;
        if (!TryTakeBack(item))
            return;

        item.SetCanceled(item.CancellationToken);
        item.Abandon();
    }

    /// <summary>
    /// Takes an item that has not started away from the workers, and releases its place. The item remains in the queue until its turn
    /// comes.
    /// </summary>
    private bool TryTakeBack(LocalItem item)
    {
        if (!item.TryAssign())
            return false;

        // Counted before it leaves: a worker that finds the item in the queue decrements the count.
        Interlocked.Increment(ref _cancelled);
        if (!_admission.Leave(item))
            Interlocked.Decrement(ref _cancelled);
        return true;
    }

    internal override void Resize(int workers)
    {
        lock (_workers)
            Options.MaxWorkers = workers;

        // Sleeping workers check whether there are too many of them. If items wait, more workers are started now or with the next item.
        WakeAll();
        if (!QueuesAreEmpty)
            StartWorker();
    }

    internal override void OnQueueTimeout(WorkItem expired)
    {
        var item = (LocalItem)expired;
        if (!TryTakeBack(item))
            return;

        item.SetException(QueueTimeout(item));
        item.Abandon();
    }

    internal override PoolTraffic Traffic
    {
        get
        {
            lock (_workers)
                return new PoolTraffic(_goneItems + _workers.Sum(static worker => worker.ItemsDone));
        }
    }

    internal override PoolSnapshot Snapshot()
    {
        lock (_workers)
        {
            return new PoolSnapshot
            {
                Name = Options.Name,
                Isolation = Isolation.Thread,
                Workers = [.. _workers.Select(static worker => worker.Snapshot())],
                QueueLength = QueueLength,
                Totals = Events.Totals,
            };
        }
    }

    /// <summary>
    /// Called when a worker's item has timed out: another thread replaces the worker, if the limit of abandoned threads allows.
    /// </summary>
    internal void Abandon(ThreadWorker worker, LocalItem item)
    {
        lock (_workers)
        {
            if (Events.Abandoned >= Options.MaxAbandonedThreads || !worker.Runs(item) || !_workers.Remove(worker))
                return;

            _goneItems += worker.ItemsDone;

            worker.IsAbandoned = true;
            Events.AddAbandoned(1);
            _started--;
        }

        Events.Raise(WorkerEventKind.Abandoned, worker.Number, "The item timed out, but its thread is still running it.");
        if (!QueuesAreEmpty && Volatile.Read(ref _started) < Lanes)
            StartWorker();

        // After the successor was started: a pool that drains must not stop while items wait.
        lock (_workers)
            Leave();
    }

    internal override WorkItem CreateItem(
        ICallTask task, DelegateAdapter adapter, Delegate work, object? argument, CancellationToken cancellationToken) =>
        new LocalCall(task, adapter, work, argument, cancellationToken);

    internal override Chunk<TItem, TResult> CreateChunk<TItem, TResult>(MapCall<TItem, TResult> call) =>
        new LocalChunk<TItem, TResult>(call);

    protected override Task EndAsync(StopMode mode)
    {
        _closed = true;
        if (mode != StopMode.Drain)
        {
            _discarding = true;
            Interlocked.MemoryBarrier(); // see Admit: the submitter sees the end, or this thread sees the item
            FailQueue();
        }

        _ending = true;
        Task finishing;
        lock (_workers)
        {
            if (_alive == 0)
                _stopped.TrySetResult();
            finishing = _finishing ??= FinishAsync();
        }

        WakeAll();
        return mode == StopMode.Abort ? AbortAsync(finishing) : finishing;
    }

    /// <summary>Returns the error for an item that the end of the pool prevented from running.</summary>
    internal Exception EndOf(LocalItem item) =>
        item.CancellationToken.IsCancellationRequested ? new OperationCanceledException(item.CancellationToken) : Disposed();

    /// <summary>Waits for the next item of a worker. Null if the worker must end.</summary>
    internal LocalItem? Take()
    {
        while (true)
        {
            if (TryDequeue(out LocalItem? item))
            {
                if (item.TryAssign())
                {
                    _admission.Leave(item);
                    return item;
                }

                Interlocked.Decrement(ref _cancelled);
                continue;
            }

            if (_ending)
                return null;

            if (IsTooLarge && TryLeaveAsSurplus())
                return null;

            Sleep();
        }
    }

    internal void WorkerEnded(ThreadWorker worker)
    {
        lock (_workers)
        {
            if (_workers.Remove(worker))
                _goneItems += worker.ItemsDone;

            // Abandon has already counted an abandoned worker as gone.
            if (worker.IsAbandoned)
                Events.AddAbandoned(-1);
            else
                Leave();

            worker.State.Users--;
            if (!_finished || worker.State.Users > 0 || !_states.Remove(worker.State))
                return;
        }

        // The pool ended before this thread did.
        _ = DisposeLateAsync(worker.State);
    }

    private async Task DisposeLateAsync(ThreadWorkerState state)
    {
        try
        {
            await state.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogBackground("The state of a worker that was abandoned could not be disposed.", e);
        }
    }

    /// <summary>Called when the pool has become smaller: whether the calling thread ends.</summary>
    private bool TryLeaveAsSurplus()
    {
        lock (_workers)
        {
            if (_started <= Lanes)
                return false;

            _started--;
            return true;
        }
    }

    /// <summary>Whether there are more threads than the pool should have.</summary>
    private bool IsTooLarge => Volatile.Read(ref _started) > Lanes;

    private bool HasReasonToWake => !QueuesAreEmpty || _ending || IsTooLarge;

    /// <summary>The number of items that wait for a thread. It is approximate while items come and go.</summary>
    private int QueueLength => Math.Max(0, _queue.Count + _urgent.Count + _later.Count - Volatile.Read(ref _cancelled));

    private bool QueuesAreEmpty => _queue.IsEmpty && _urgent.IsEmpty && _later.IsEmpty;

    private ConcurrentQueue<LocalItem> QueueOf(LocalItem item) => item.Limits?.Priority switch
    {
        WorkPriority.High => _urgent,
        WorkPriority.Low => _later,
        _ => _queue,
    };

    private bool TryDequeue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LocalItem? item) =>
        _urgent.TryDequeue(out item) || _queue.TryDequeue(out item) || _later.TryDequeue(out item);

    [Conditional("DEBUG")]
    internal void AssertLocked() => Debug.Assert(Monitor.IsEntered(_workers));

    private void Leave()
    {
        AssertLocked();
        Debug.Assert(_alive > 0);
        if (--_alive == 0 && _ending)
            _stopped.TrySetResult();
    }

    private void Sleep()
    {
        // After long calls the next item rarely comes soon.
        var spinner = new SpinWait();
        while (!CallsAreLong && spinner.Count < 30)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
            if (HasReasonToWake)
                return;
        }

        Interlocked.Increment(ref _sleeping);
        if (HasReasonToWake && TryLeaveSleepers())
            return;

        // Either there is nothing to do, or another thread has already removed this worker from the count and released a permit for it.
        _wakeUps.Wait();
    }

    /// <summary>
    /// Called after a change that workers must notice. As with items, a worker that is about to sleep sees the change, or is already
    /// counted as sleeping.
    /// </summary>
    private void WakeAll()
    {
        Interlocked.MemoryBarrier();
        while (TryWakeOne())
        {
        }
    }

    private bool TryWakeOne()
    {
        if (!TryLeaveSleepers())
            return false;

        _wakeUps.Release();
        return true;
    }

    private bool TryLeaveSleepers()
    {
        int sleeping = Volatile.Read(ref _sleeping);
        while (sleeping > 0)
        {
            int seen = Interlocked.CompareExchange(ref _sleeping, sleeping - 1, sleeping);
            if (seen == sleeping)
                return true;

            sleeping = seen;
        }

        return false;
    }

    private void StartWorker()
    {
        ThreadWorker worker;
        lock (_workers)
        {
            // A pool that drains still replaces abandoned workers while items wait.
            if (_started >= Lanes || (_ending && (_discarding || QueuesAreEmpty)))
                return;

            // Lanes of one worker share its state.
            int lane = _started % Options.ConcurrencyPerWorker;
            ThreadWorkerState state = lane == 0 || _workers.Count == 0 ? new ThreadWorkerState(this, _stateFactory) : _workers[^1].State;
            _states.Add(state);
            worker = new ThreadWorker(this, state, _number++);
            _workers.Add(worker);
            _started++;
            _alive++;
        }

        try
        {
            worker.Start();
        }
        catch (Exception e)
        {
            OnStartFailed(worker, e);
            return;
        }

        Events.Raise(WorkerEventKind.Started, worker.Number);
    }

    /// <summary>
    /// Called when the system cannot create a thread. Other workers take the items that wait; if there are none, the items fail.
    /// </summary>
    private void OnStartFailed(ThreadWorker worker, Exception error)
    {
        bool isLast;
        lock (_workers)
        {
            _workers.Remove(worker);
            worker.State.Users--;
            _started--;
            Leave();
            isLast = _alive == 0;
        }

        var failure = new WorkerStartException($"A thread could not be started: {error.Message}", error);
        Events.Raise(WorkerEventKind.StartFailed, worker.Number, failure.Message, error: failure);
        while (isLast && TryDequeue(out LocalItem? item))
        {
            _admission.Leave(item);
            if (item.TryAssign())
                item.SetException(new WorkerStartException(failure.Message, error) { WorkItemName = item.NameOf(0) });
        }
    }

    private void FailQueue()
    {
        foreach (LocalItem waiting in _admission.Close())
            waiting.SetException(Disposed());

        while (TryDequeue(out LocalItem? item))
        {
            if (item.TryAssign())
                item.SetException(Disposed());
            else
                Interlocked.Decrement(ref _cancelled);
        }
    }

    /// <summary>
    /// Cancels running items. Threads that are still running after the grace period are abandoned, because a thread cannot be killed.
    /// </summary>
    private async Task AbortAsync(Task finishing)
    {
        try
        {
            await _abort.CancelAsync().WaitAsync(Options.CancellationGrace, Time).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogBackground("A callback that was registered with an item's token failed, or did not return.", e);
        }

        await _stopped.Task.WaitAsync(Options.CancellationGrace, Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_stopped.Task.IsCompleted)
        {
            AbandonBusy();
            // Workers that have just completed their item need a moment to end.
            await _stopped.Task.WaitAsync(TimeSpan.FromMilliseconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            await finishing.WaitAsync(Options.TerminationGrace, Time).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!finishing.IsCompleted)
        {
            LogBackground("The state of a worker is still being disposed. The pool does not wait for it.", null);
        }
    }

    /// <summary>Called after the grace period: abandons the threads that still run an item, and fails their items.</summary>
    private void AbandonBusy()
    {
        List<(ThreadWorker Worker, LocalItem Item)> left = [];
        lock (_workers)
        {
            for (int i = _workers.Count - 1; i >= 0; i--)
            {
                if (_workers[i] is not { Current: { } item } worker)
                    continue;

                _workers.RemoveAt(i);
                _goneItems += worker.ItemsDone;
                worker.IsAbandoned = true;
                Events.AddAbandoned(1);
                _started--;
                left.Add((worker, item));
            }
        }

        foreach ((ThreadWorker worker, LocalItem item) in left)
        {
            item.SetException(EndOf(item));
            Events.Raise(WorkerEventKind.Abandoned, worker.Number, "The pool was stopped, but the thread is still running its item.");
        }

        lock (_workers)
        {
            foreach ((ThreadWorker, LocalItem) _ in left)
                Leave();
        }
    }

    /// <summary>Disposes the states that are not in use, after all threads have ended or were abandoned.</summary>
    private async Task FinishAsync()
    {
        await _stopped.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        FailQueue();
        ThreadWorkerState[] states;
        lock (_workers)
        {
            _finished = true;
            states = [.. _states.Where(static state => state.Users == 0)];
            _states.ExceptWith(states);
        }

        List<Exception> errors = [];
        foreach (ThreadWorkerState state in states)
        {
            try
            {
                await state.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                errors.Add(e);
            }
        }

        if (errors.Count == 1)
            ExceptionDispatchInfo.Throw(errors[0]);
        if (errors.Count > 1)
            throw new AggregateException("The states of several workers could not be disposed.", errors);
    }
}
