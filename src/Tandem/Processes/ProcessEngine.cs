using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.BackgroundWork;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// A pool whose workers are processes. The parent owns the queue and decides which worker gets which item, so that after a crash it
/// knows which item was running; the <see cref="Supervisor"/> owns the workers' lives.
/// </summary>
[RequiresUnreferencedCode(ProcessPools.Trimmed)]
[RequiresDynamicCode(ProcessPools.Native)]
internal sealed partial class ProcessEngine : PoolEngine, ISerializingEngine
{
    private readonly Lock _lock = new();
    private readonly ItemQueue _queue = new();
    private readonly Admission<RemoteItem> _admission;
    private readonly Supervisor _supervisor;
    private readonly Dispatcher _dispatcher;
    private readonly CallerHabit _callers = new();
    private readonly Deadlines _deadlines;
    private readonly SilenceWatch _silence;
    private readonly List<PayloadWriter> _writers = []; // under its own lock
    private volatile bool _closed; // changes under the lock
    private StopMode _mode;
    private TaskCompletionSource? _idle;
    private Task? _stopping;

    internal ProcessEngine(ProcessPoolOptions options, Func<StartupStep>? factory)
        : base(options, WorkerEventKind.Ready)
    {
        _admission = new Admission<RemoteItem>(options, item => Admit(item, isNew: false));
        Output = new OutputForwarder(options);
        // Under a memory limit for workers, nothing starts before the parent has looked.
        _dispatcher = new Dispatcher(options.ConcurrencyPerWorker, sendsAhead: options.MaxWorkerMemory is null);
        _supervisor = new Supervisor(this, factory, _lock, TimeProvider.System);
        _deadlines = new Deadlines(this, _supervisor, _lock);
        _silence = new SilenceWatch(this, _supervisor, _lock);
        if (options.StartEagerly)
        {
            lock (_lock)
                _supervisor.Balance(options.MaxWorkers);
        }
    }

    internal new ProcessPoolOptions Options => (ProcessPoolOptions)base.Options;

    internal OutputForwarder Output { get; }

    protected override bool KeepsMakersCultures => true;

    public IPayloadMemory Memory => _supervisor.Memory;

    /// <summary>What all state of the pool and of its workers changes under.</summary>
    internal Lock Gate => _lock;

    protected override void Accept(WorkItem submitted)
    {
        var item = (RemoteItem)submitted;
        if (CodeUpdates.Any)
            CodeUpdates.Check(item.Shipment.Callable.Method.Assemblies);
        SerializedCall.Pack(item, item.Shipment, Memory);
        item.WatchCancellation(this);
        if (item.Limits is { } limits)
            WatchQueue(item, limits);
        item.WatchTokens(this);

        // A full queue would have it wait for a place that nobody gives it any more.
        if (_closed)
        {
            GiveUp(item, Disposed());
            return;
        }

        switch (_admission.Enter(item))
        {
            case Entry.Granted:
                Admit(item, isNew: true);
                break;
            case Entry.Refused:
                GiveUp(item, _admission.Full(item));
                break;
        }
    }

    internal override void Resize(int workers)
    {
        lock (_lock)
        {
            Options.MaxWorkers = workers;
            _supervisor.OnResized();
        }

        OnReady();
    }

    internal override void OnItemCanceled(WorkItem canceled)
    {
        var item = (RemoteItem)canceled;
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

        LeaveQueue(item);
        FreePayload(item);
        item.SetCanceled(item.CancellationToken);
    }

    internal override void OnTokenCanceled(WorkItem item, int number)
    {
        lock (_lock)
        {
            // An item that is not with a worker yet is told when it gets there.
            if (item is RemoteItem { Worker: { } worker } held && worker.Holds(held))
                worker.SendCancel(held, number);
        }
    }

    internal override void OnQueueTimeout(WorkItem expired)
    {
        var item = (RemoteItem)expired;
        string? wait;
        lock (_lock)
        {
            if (!TryTakeBack(item))
                return;

            wait = _supervisor.DescribeWait();
        }

        LeaveQueue(item);
        FreePayload(item);
        item.SetException(QueueTimeout(item, wait));
    }

    /// <summary>The caller's alone from here on, if it has not started.</summary>
    private bool TryTakeBack(RemoteItem item)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (!item.TryAssign())
            return item.Worker is { } worker && worker.Holds(item) && worker.TryRevoke(item);

        _queue.Remove(item);
        return true;
    }

    /// <summary>An item that was taken back needs its place no more.</summary>
    private void LeaveQueue(RemoteItem item)
    {
        _admission.Leave(item);
        lock (_lock)
            CheckIdle();
    }

    internal override WorkItem CreateItem(ICallTask task, Form form, Delegate work, object? argument, CancellationToken cancellationToken) =>
        new RemoteCall(task, Shipment.Of(form, work, argument), cancellationToken);

    internal override Chunk<TItem, TResult> CreateChunk<TItem, TResult>(MapCall<TItem, TResult> call) => new SerializedChunk<TItem, TResult>(call, this);

    public WorkItem CreateElements(Chunk chunk, Shipment shipment, CancellationToken cancellationToken) =>
        new RemoteElements(chunk, shipment, cancellationToken);

    internal override void Harvest(Chunk chunk)
    {
        var item = (RemoteItem)chunk.Item;
        lock (_lock)
        {
            // Under the lock, so that the worker's memory cannot go meanwhile; it is a copy of a few kilobytes, once in milliseconds.
            if (item.Worker is { } worker && worker.Holds(item))
                worker.Harvest(item, chunk);
        }
    }

    protected override Task EndAsync(StopMode mode)
    {
        List<RemoteItem> given = [];
        Task stopping;
        lock (_lock)
        {
            AssertInvariants();
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

        foreach (RemoteItem item in given)
            GiveUp(item, Disposed());

        return stopping;
    }

    public PayloadWriter RentWriter()
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

    public void ReturnWriter(PayloadWriter writer)
    {
        writer.Abandon();
        lock (_writers)
            _writers.Add(writer);
    }

    internal void FreePayload(RemoteItem item) => item.Shipment.Free(Memory);

    [Conditional("DEBUG")]
    internal void AssertLocked() => Debug.Assert(_lock.IsHeldByCurrentThread);

    /// <summary>What holds whenever the lock is taken.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _queue.AssertInvariants();
        _supervisor.AssertInvariants();
    }

    /// <summary>Whether the pool ends without what still waits.</summary>
    private bool IsDiscarding => _closed && _mode != StopMode.Drain;

    /// <summary>Whether the pool stops at once: what runs is cancelled.</summary>
    internal bool IsAborting => _closed && _mode == StopMode.Abort;

    internal void Measure(long elapsed, int items) => _dispatcher.Measure(elapsed, items);

    internal void OnHello(ProcessWorker worker) => _supervisor.OnHello(worker);

    internal void OnInitialized(ProcessWorker worker) => _supervisor.OnInitialized(worker);

    internal void OnBroken(ProcessWorker worker, Exception cause) => _supervisor.OnBroken(worker, cause);

    internal static WorkerCrashedException Corrupt(ProcessWorker worker, RemoteItem item, Exception cause) =>
        new(new CrashReport(worker.ProcessId, null, null, item.Name, item.Attempt, worker.ErrorTail, $"It sent a result that makes no sense: {cause.Message}."));

    private void WatchQueue(RemoteItem item, ItemLimits limits)
    {
        if (limits.Timeout is not null)
            _deadlines.WarmUp();
        item.WatchQueueTimeout(this, limits);
    }

    private void GiveUp(RemoteItem item, Exception error)
    {
        FreePayload(item);
        item.SetException(error);
    }

    private async Task StopWorkersAsync()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CheckIdle();
        await _idle.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _supervisor.StopAsync().ConfigureAwait(false);
        lock (_lock)
            _silence.Stop();

        await Output.EndAsync().ConfigureAwait(false);
        lock (_writers)
        {
            _writers.ForEach(static writer => writer.Dispose());
            _writers.Clear();
        }
    }

    /// <summary>
    /// A pool that is disposed starts no workers, so the rest of a chunk whose worker is gone has nobody left to run it.
    /// </summary>
    private List<RemoteItem> TakeUnservable()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        List<RemoteItem> items = [];
        while (IsDiscarding && !_supervisor.HasWork && _queue.Dequeue() is { } item)
        {
            if (item.TryAssign())
                items.Add(item);
        }

        return items;
    }

    /// <summary>If the pool is stopping and nothing is left to do, completes the task that waits for this.</summary>
    private void CheckIdle()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (IsDiscarding && _queue.Count > 0 && TakeUnservable() is { Count: > 0 } rest)
        {
            // Not here: who hears of it may be user code.
            Background.Queue(
                static state =>
                {
                    foreach (RemoteItem item in state.rest)
                        state.engine.GiveUp(item, state.engine.Disposed());
                },
                (engine: this, rest));
        }

        if (_idle is not null && _queue.Count == 0 && !_supervisor.HasWork && !_admission.HasWaiting)
            _idle.TrySetResult();
    }
}
