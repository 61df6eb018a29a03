using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Tandem.Events;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>A pool whose workers are threads of this process, which take items from one shared queue.</summary>
/// <remarks>
/// A submitter enqueues and then looks whether a worker sleeps; a worker counts itself as sleeping and then looks at the queue once
/// more. Both do so with a full fence between (the interlocked operations), so an item is never left with all workers asleep.
/// </remarks>
internal sealed class ThreadEngine : PoolEngine
{
    private readonly ConcurrentQueue<LocalItem> _queue = new();
    private readonly ConcurrentQueue<LocalItem> _urgent = new();
    private readonly ConcurrentQueue<LocalItem> _later = new();
    private readonly Admission<LocalItem> _admission;
    private readonly SemaphoreSlim _wakeUps = new(0);
    private readonly List<ThreadWorker> _workers = [];
    private readonly HashSet<ThreadWorkerState> _states = []; // that are not disposed
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<object?>? _stateFactory;
    private int _sleeping;
    private int _cancelled; // items that are in the queues although they were cancelled, or have expired
    private int _number;
    private int _started;
    private long _goneItems; // of workers that are gone
    private int _alive;
    private volatile bool _closed;
    private volatile bool _discarding;
    private volatile bool _ending;
    private Task? _finishing;
    private bool _finished;

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

    protected override bool KeepsMakersCultures => false;

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
        Interlocked.MemoryBarrier();
        if (!TryWakeOne() && Volatile.Read(ref _started) < Lanes)
            StartWorker();

        // The pool may have ended meanwhile, or be about to: what nobody takes any more is given up here.
        if (_discarding || _stopped.Task.IsCompleted)
            GiveUpQueue();
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
    /// The caller's alone from here on, if it has not started. Its place in the queue is free; the queue itself lets go of it when its
    /// turn comes.
    /// </summary>
    private bool TryTakeBack(LocalItem item)
    {
        if (!item.TryAssign())
            return false;

        // Counted first: whoever finds it in the queue counts it out.
        Interlocked.Increment(ref _cancelled);
        if (!_admission.Leave(item))
            Interlocked.Decrement(ref _cancelled);
        return true;
    }

    internal override void Resize(int workers)
    {
        lock (_workers)
            Options.MaxWorkers = workers;

        // Those that sleep look whether they are too many; if work waits, the others are started with the next item, or here.
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

    /// <summary>The time of a worker's item is over: another thread takes its place, as far as allowed.</summary>
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

        Events.Raise(WorkerEventKind.Abandoned, worker.Number, "Its item goes on although its time was over.");
        if (!QueuesAreEmpty && Volatile.Read(ref _started) < Lanes)
            StartWorker();

        // After its successor has come: a pool that drains has not stopped while items wait.
        lock (_workers)
            Leave();
    }

    internal override WorkItem CreateItem(ICallTask task, Form form, Delegate work, object? argument, CancellationToken cancellationToken) =>
        new LocalCall(task, form, work, argument, cancellationToken);

    internal override Chunk<TItem, TResult> CreateChunk<TItem, TResult>(MapCall<TItem, TResult> call) => new LocalChunk<TItem, TResult>(call);

    protected override Task EndAsync(StopMode mode)
    {
        _closed = true;
        if (mode != StopMode.Drain)
        {
            _discarding = true;
            Interlocked.MemoryBarrier();
            GiveUpQueue();
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

    /// <summary>Why an item that the pool has given up failed.</summary>
    internal Exception EndOf(LocalItem item) =>
        item.CancellationToken.IsCancellationRequested ? new OperationCanceledException(item.CancellationToken) : Disposed();

    /// <summary>The next item for a worker; null when the pool has ended.</summary>
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

            // One that was abandoned has been counted out.
            if (worker.IsAbandoned)
                Events.AddAbandoned(-1);
            else
                Leave();

            worker.State.Users--;
            if (!_finished || worker.State.Users > 0 || !_states.Remove(worker.State))
                return;
        }

        // The pool ended before its thread.
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

    /// <summary>The pool has become smaller: the calling thread may end.</summary>
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

    /// <summary>Whether there are more threads than the pool should have by now.</summary>
    private bool IsTooLarge => Volatile.Read(ref _started) > Lanes;

    private bool HasReasonToWake => !QueuesAreEmpty || _ending || IsTooLarge;

    /// <summary>Items that wait for a thread. What changes while it is counted may be counted once too often or too rarely.</summary>
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
        var spinner = new SpinWait();
        while (spinner.Count < 30)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
            if (HasReasonToWake)
                return;
        }

        Interlocked.Increment(ref _sleeping);
        if (HasReasonToWake && TryLeaveSleepers())
            return;

        // Either there is nothing to do, or somebody has counted this worker out already and released a permit for it.
        _wakeUps.Wait();
    }

    /// <summary>After a change that workers must see. As for items: one that is about to sleep sees it, or is counted as a sleeper by now.</summary>
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
            // A pool that drains still starts workers for what waits, in the place of those that were abandoned.
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

    /// <summary>The system gave no thread. Others go on with what waits; where there is none, it fails.</summary>
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

    private void GiveUpQueue()
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

    /// <summary>Cancels what runs, and leaves behind what goes on after the grace: a thread cannot be stopped.</summary>
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
            // Those that have just ended their item need a moment to leave.
            await _stopped.Task.WaitAsync(TimeSpan.FromMilliseconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            await finishing.WaitAsync(Options.TerminationGrace, Time).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!finishing.IsCompleted)
        {
            LogBackground("The state of a worker is still being disposed. It is left behind.", null);
        }
    }

    /// <summary>After the grace: threads that still run something leave the pool, and their callers are told.</summary>
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
            Events.Raise(WorkerEventKind.Abandoned, worker.Number, "The pool was stopped, and its item goes on.");
        }

        lock (_workers)
        {
            foreach ((ThreadWorker, LocalItem) _ in left)
                Leave();
        }
    }

    /// <summary>When all threads have ended, or were left behind: disposes the states that nobody uses.</summary>
    private async Task FinishAsync()
    {
        await _stopped.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        GiveUpQueue();
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
