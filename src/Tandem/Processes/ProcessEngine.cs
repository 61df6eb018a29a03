using Tandem.Health;
using Tandem.Mapping;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// A pool whose workers are processes. The parent owns the queue and decides which worker gets which item, so that after a crash it
/// knows which item was running; the <see cref="Supervisor"/> owns the workers' lives.
/// </summary>
internal sealed partial class ProcessEngine : PoolEngine
{
    [ThreadStatic]
    private static PayloadWriter? t_writer;

    private readonly Lock _lock = new();
    private readonly ItemQueue _queue = new();
    private readonly Admission _admission;
    private readonly Supervisor _supervisor;
    private readonly Dispatcher _dispatcher;
    private readonly CallerHabit _callers = new();
    private readonly Deadlines _deadlines;
    private readonly List<PayloadWriter> _writers = []; // under its own lock
    private readonly List<Callable> _lately = [];
    private bool _hasRehearsed;
    private bool _closed;
    private StopMode _mode;
    private TaskCompletionSource? _idle;
    private Task? _stopping;

    internal ProcessEngine(WorkerPoolOptions options, StateFactory? factory)
        : base(options)
    {
        _admission = new Admission(options, Admit);
        Output = new OutputForwarder(options);
        // Under a memory limit for workers, nothing starts before the parent has looked.
        _dispatcher = new Dispatcher(options.ConcurrencyPerWorker, sendsAhead: options.MaxWorkerMemory is null);
        _supervisor = new Supervisor(this, factory, _lock);
        _deadlines = new Deadlines(this, _supervisor, _lock);
        if (options.StartEagerly)
        {
            lock (_lock)
                _supervisor.Balance(options.Workers);
        }
    }

    internal OutputForwarder Output { get; }

    /// <summary>Memory for arguments on their way.</summary>
    internal IPayloadMemory Memory => _supervisor.Memory;

    protected override void Accept(WorkItem item)
    {
        if (!item.Shipment.IsPacked)
            Pack(item);

        item.WatchCancellation(this);
        if (item.Limits is { } limits)
            WatchQueue(item, limits);
        if (item.DetailsIfAny?.Links is { } links)
            WatchTokens(item, links);

        if (_admission.TryEnter(item, out Exception? refused))
            Admit(item);
        else if (refused is not null)
            GiveUp(item, refused);
    }

    internal override void Resize(int workers)
    {
        lock (_lock)
        {
            Options.Workers = workers;
            _supervisor.OnResized();
        }

        OnReady();
    }

    internal override void OnItemCanceled(WorkItem item)
    {
        lock (_lock)
        {
            if (!TryTakeBack(item))
            {
                if (item.Worker is { } worker && worker.Holds(item))
                {
                    worker.SendCancel(item, Transport.FrameHeader.OwnToken);
                    _supervisor.KillAfterGrace(worker, item);
                }

                return;
            }
        }

        _admission.Forget(item);
        FreePayload(item);
        item.SetCanceled(item.CancellationToken);
    }

    internal override void OnQueueTimeout(WorkItem item)
    {
        lock (_lock)
        {
            if (!TryTakeBack(item))
                return;
        }

        _admission.Forget(item);
        FreePayload(item);
        item.SetException(QueueTimeout(item));
    }

    /// <summary>Under the lock: the caller's alone from here on, if it has not started.</summary>
    private static bool TryTakeBack(WorkItem item) =>
        item.TryAssign() || (item.Worker is { } worker && worker.Holds(item) && worker.TryRevoke(item));

    internal override Chunk<TItem, TResult> CreateChunk<TItem, TResult>(MapCall<TItem, TResult> call) => new RemoteChunk<TItem, TResult>(call, this);

    internal override void Harvest(WorkItem chunk)
    {
        lock (_lock)
        {
            // Under the lock, so that the worker's memory cannot go meanwhile; it is a copy of a few kilobytes, once in milliseconds.
            if (chunk.Worker is { } worker && worker.Holds(chunk))
                worker.Harvest(chunk);
        }
    }

    internal override Task StopAsync(StopMode mode)
    {
        List<WorkItem> given = [];
        Task stopping;
        lock (_lock)
        {
            _closed = true;
            _mode = _mode > mode ? _mode : mode;
            if (mode != StopMode.Drain)
            {
                given.AddRange(_admission.Close());
                while (_queue.Dequeue() is { } waiting)
                    given.Add(waiting);

                _supervisor.RevokeAll(given);
            }

            if (mode == StopMode.Abort)
                _supervisor.AbortAll();

            _supervisor.KillOverdue();

            stopping = _stopping ??= StopWorkersAsync();
            CheckIdle(); // a stronger mode may have emptied the queue of a pool that was draining
        }

        foreach (WorkItem item in given)
            GiveUp(item, Disposed());

        return stopping;
    }

    /// <summary>A writer for a chunk that is filled over time.</summary>
    internal PayloadWriter RentWriter()
    {
        lock (_writers)
        {
            if (_writers.Count > 0)
            {
                PayloadWriter writer = _writers[^1];
                _writers.RemoveAt(_writers.Count - 1);
                return writer;
            }
        }

        return new PayloadWriter();
    }

    internal void ReturnWriter(PayloadWriter writer)
    {
        writer.Abandon();
        lock (_writers)
            _writers.Add(writer);
    }

    internal void FreePayload(WorkItem item) => item.Shipment.Free(Memory);

    /// <summary>Whether the pool stops at once: what runs is cancelled.</summary>
    internal bool IsAborting => _closed && _mode == StopMode.Abort;

    internal void Measure(long elapsed, int items) => _dispatcher.Measure(elapsed, items);

    /// <summary>An item that was started, and not finished, goes back: a chunk whose elements took longer than thought.</summary>
    internal void Requeue(WorkItem item)
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

    /// <summary>Under the lock: a worker was told of a method. What is called lately is what a spare should be ready for.</summary>
    internal void OnDefined(Callable callable)
    {
        const int Most = 32;
        if (Options.SpareWorkers == 0 || _lately.Contains(callable))
            return;

        if (_lately.Count == Most)
            _lately.RemoveAt(0);
        _lately.Add(callable);
    }

    /// <summary>
    /// On the launcher's thread, when a worker's process was started: it can look for the first item's method while the pool hears that it
    /// is there. Meanwhile the pool's first item is ended once in rehearsal, by the thread that will go on with it.
    /// </summary>
    internal void Introduce(ProcessWorker worker)
    {
        Form? first = null;
        bool wake = false;
        lock (_lock)
        {
            if (worker.State == WorkerState.Starting && _queue.First is { } item)
            {
                wake = worker.TryDefine(item.Shipment.Callable) && worker.Link.Flush();
                first = item.Shipment.Callable.Form;
            }
        }

        if (wake)
            worker.Link.Wake();
        if (first is not null && !Interlocked.Exchange(ref _hasRehearsed, true))
            ThreadPool.UnsafeQueueUserWorkItem(RehearseEnd, first, preferLocal: false);
    }

    private static void RehearseEnd(Form form)
    {
        try
        {
            form.RehearseEnd();
        }
        catch (Exception)
        {
            // The item itself will meet it.
        }
    }

    /// <summary>Under the lock: has a spare get ready for what the pool runs.</summary>
    internal bool Prepare(ProcessWorker spare)
    {
        spare.Prepare([.. _lately]);
        return spare.Link.Flush();
    }

    internal void OnHello(ProcessWorker worker) => _supervisor.OnHello(worker);

    internal void OnInitialized(ProcessWorker worker) => _supervisor.OnInitialized(worker);

    /// <summary>A worker has begun to end: what it has not started goes elsewhere now. Its exit settles the rest.</summary>
    internal void OnEnding(ProcessWorker worker)
    {
        Sleepers sleepers;
        bool steppedIn;
        lock (_lock)
        {
            // While the pool ends, and of a guest, whose end is for its own supervisor to decide about, the exit settles everything.
            if (_closed || Options.Guest is not null || !_supervisor.TryTakeOut(worker))
                return;

            worker.PutLast();
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

    internal void OnBroken(ProcessWorker worker, Exception cause) => _supervisor.OnBroken(worker, cause);

    /// <summary>A worker answered some items: it has room for others.</summary>
    internal void OnAnswered(ProcessWorker worker)
    {
        Sleepers sleepers;
        lock (_lock)
        {
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
            Pump(null);
            sleepers = _dispatcher.FlushTouched();
            CheckIdle();
        }

        sleepers.Wake();
    }

    /// <summary>Fails what waits: no worker can be started.</summary>
    internal void FailWaiting(Exception cause)
    {
        List<WorkItem> items = [];
        lock (_lock)
        {
            while (_queue.Dequeue() is { } item)
                items.Add(item);
        }

        foreach (WorkItem item in items)
        {
            _admission.Leave(item);
            if (item.TryAssign())
            {
                GiveUp(item, new WorkerStartException(cause.Message, cause.InnerException ?? cause));
            }
        }

        lock (_lock)
            CheckIdle();
    }

    internal static WorkerCrashedException Corrupt(ProcessWorker worker, WorkItem item, Exception cause) =>
        new(new CrashReport(worker.ProcessId, null, null, item.Name, item.Attempt, worker.ErrorTail, $"It sent a result that makes no sense: {cause.Message}."));

    /// <summary>Under the lock: gives waiting items to workers that have room; then has idle workers help busy ones.</summary>
    internal void Pump(ProcessWorker? idle)
    {
        SendWaiting();
        if (idle is { InFlight: 0, TakesItems: true } && _queue.Count == 0 && _dispatcher.Overloaded(_supervisor.Workers) is { } busy)
        {
            if (busy.RevokeLast() is { } item && !Send(idle, item))
                _queue.EnqueueFirst(item);
        }

        if ((!_closed || _mode == StopMode.Drain) && _supervisor.Balance(_queue.Count))
            Pump(null);
    }

    /// <summary>Under the lock.</summary>
    private void SendWaiting()
    {
        while (_queue.Count > 0 && _dispatcher.Pick(_supervisor.Workers) is { } worker)
        {
            WorkItem item = _queue.Dequeue()!;
            if (!item.TryAssign())
            {
                _admission.Leave(item); // cancelled while it waited
                continue;
            }

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

    private bool Send(ProcessWorker worker, WorkItem item)
    {
        item.Attempt++;
        if (worker.TrySend(item))
        {
            _dispatcher.Used(worker);
            if (item.Limits is { } limits)
                _deadlines.Watch(worker, item, limits);
            return true;
        }

        item.Attempt--;
        item.TryRequeue();
        return false;
    }

    private void WatchQueue(WorkItem item, Supervision.ItemLimits limits)
    {
        if (limits.Timeout is not null)
            _deadlines.WarmUp();
        item.WatchQueueTimeout(this, limits);
    }

    private void Pack(WorkItem item)
    {
        PayloadWriter writer = t_writer ??= new PayloadWriter();
        var links = new SentLinks();
        writer.Begin(Memory, links);
        try
        {
            item.Shipment.Pack(writer);
        }
        catch
        {
            links.Release();
            throw;
        }
        finally
        {
            writer.Abandon();
        }

        if (!links.IsEmpty)
            item.Details.Take(links);
    }

    private void Admit(WorkItem item)
    {
        ProcessWorker? alone = null;
        bool looks = false;
        bool refused = false;
        Sleepers sleepers;
        lock (_lock)
        {
            _callers.OnCall();
            if (_closed)
            {
                refused = true;
            }
            else if (_queue.Count == 0 && _dispatcher.Pick(_supervisor.Workers) is { } worker)
            {
                if (!item.TryAssign())
                {
                    _admission.Leave(item); // cancelled before it got here
                }
                else if (Send(worker, item))
                {
                    _admission.Leave(item);
                    // Alone with the worker: the answer may be there before this thread could have been woken for it. A worker that has
                    // answered nothing yet takes longer, and may need this processor for it.
                    if (worker is { InFlight: 1, ItemsDone: > 0 } && item.ElementCount == 0)
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

    private void GiveUp(WorkItem item, Exception error)
    {
        FreePayload(item);
        item.SetException(error);
    }

    private void WatchTokens(WorkItem item, SentLinks links)
    {
        for (int i = 0; i < links.Tokens.Count; i++)
        {
            if (!links.Tokens[i].CanBeCanceled)
                continue;

            item.Details.Keep(links.Tokens[i].UnsafeRegister(
                static state =>
                {
                    var (engine, item, number) = ((ProcessEngine, WorkItem, int))state!;
                    lock (engine._lock)
                    {
                        // An item that is not with a worker yet is told when it gets there.
                        if (item.Worker is { } worker && worker.Holds(item))
                            worker.SendCancel(item, number);
                    }
                },
                (this, item, i)));
        }
    }

    /// <summary>Begins under the lock.</summary>
    private async Task StopWorkersAsync()
    {
        _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CheckIdle();
        await _idle.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _supervisor.StopAsync().ConfigureAwait(false);
        await Output.FlushAsync().ConfigureAwait(false);
        lock (_writers)
        {
            _writers.ForEach(static writer => writer.Dispose());
            _writers.Clear();
        }
    }

    /// <summary>Under the lock: tells who waits for the end that nothing is left to do.</summary>
    private void CheckIdle()
    {
        if (_idle is not null && _queue.Count == 0 && !_supervisor.HasWork)
            _idle.TrySetResult();
    }
}
