using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.BackgroundWork;
using Tandem.Events;
using Tandem.Interop;
using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// A pool whose workers are processes. The parent owns the queue and decides which worker gets which item, so that after a crash it
/// knows which item was running. The parts share one lock: <see cref="ItemAssignment"/> has the queue, the <see cref="Supervisor"/> the
/// lives of the workers, <see cref="Deadlines"/> and <see cref="SilenceWatch"/> watch what runs. Here are the calls that come from outside:
/// of the pool, of workers, and of those parts.
/// </summary>
[RequiresUnreferencedCode(ProcessPools.Trimmed)]
[RequiresDynamicCode(ProcessPools.Native)]
internal sealed class ProcessEngine : PoolEngine, ISerializingEngine
{
    private readonly Lock _lock = new();
    private readonly PoolEnding _ending;
    private readonly Settlements _settlements;
    private readonly Supervisor _supervisor;
    private readonly Deadlines _deadlines;
    private readonly SilenceWatch _silence;
    private readonly ItemAssignment _assignment;
    private readonly WriterPool _writers = new();
    private Task? _stopping; // the end of all workers, once it has begun

    internal ProcessEngine(ProcessPoolOptions options, Func<StartupStep>? factory)
        : base(options, WorkerEventKind.Ready)
    {
        _ending = new PoolEnding(_lock);
        _settlements = new Settlements(this, _lock);
        Output = new OutputForwarder(options);
        _supervisor = new Supervisor(this, factory, _lock, Time);
        _deadlines = new Deadlines(this, _supervisor, _lock);
        _silence = new SilenceWatch(this, _supervisor, _lock);
        _assignment = new ItemAssignment(this, _supervisor, _deadlines, _silence, _ending, _settlements);
        if (options.StartEagerly)
        {
            lock (_lock)
                _supervisor.Balance(options.MaxWorkers);
        }
    }

    internal new ProcessPoolOptions Options => (ProcessPoolOptions)base.Options;

    internal OutputForwarder Output { get; }

    protected override bool KeepsCreatorCultures => true;

    public IPayloadMemory Memory => _supervisor.Memory;

    /// <summary>What all state of the pool and of its workers changes under.</summary>
    internal Lock Gate => _lock;

    /// <inheritdoc cref="PoolEnding.IsAborting"/>
    internal bool IsAborting => _ending.IsAborting;

    /// <summary>What the first item in the queue calls; null for none.</summary>
    internal RemoteMethod? FirstWaiting => _assignment.FirstWaiting;

    internal override PoolTraffic Traffic
    {
        get
        {
            lock (_lock)
                return _supervisor.Traffic;
        }
    }

    protected override void Accept(WorkItem submitted)
    {
        var item = (RemoteItem)submitted;
        if (CodeUpdates.Any)
            CodeUpdates.Check(item.Payload.RemoteMethod.Method.Assemblies);
        CallSerializer.Serialize(item, item.Payload, Memory);
        item.WatchCancellation(this);
        if (item.Limits is { } limits)
            WatchQueue(item, limits);
        item.WatchTokens(this);

        // A full queue would have it wait for a place that nobody gives it any more.
        if (_ending.HasBegun)
            FailItem(item, Disposed());
        else
            _assignment.Accept(item);
    }

    private void WatchQueue(RemoteItem item, ItemLimits limits)
    {
        if (limits.Timeout is not null)
            _deadlines.WarmUp();
        item.WatchQueueTimeout(this, limits);
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
            if (!_assignment.TryTakeBack(item))
            {
                if (item.Worker is { } worker && worker.Holds(item))
                {
                    worker.SendCancel(item, Transport.FrameHeader.OwnToken);
                    _supervisor.KillAfterGrace(worker, item);
                }

                return;
            }
        }

        _assignment.Leave(item);
        CancelItem(item);
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
            if (!_assignment.TryTakeBack(item))
                return;

            wait = _supervisor.DescribeWait();
        }

        _assignment.Leave(item);
        FailItem(item, QueueTimeout(item, wait));
    }

    internal override WorkItem CreateItem(
        ICallTask task, DelegateAdapter adapter, Delegate work, object? argument, CancellationToken cancellationToken) =>
        new RemoteCall(task, CallPayload.Of(adapter, work, argument), cancellationToken);

    internal override Chunk<TItem, TResult> CreateChunk<TItem, TResult>(MapCall<TItem, TResult> call) =>
        new SerializedChunk<TItem, TResult>(call, this);

    public WorkItem CreateElements(Chunk chunk, CallPayload callPayload, CancellationToken cancellationToken) =>
        new RemoteElements(chunk, callPayload, cancellationToken);

    public PayloadWriter RentWriter() => _writers.Rent();

    public void ReturnWriter(PayloadWriter writer) => _writers.Return(writer);

    internal override void FetchOutcomes(Chunk chunk)
    {
        var item = (RemoteItem)chunk.Item;
        ChunkOutcomeFetch? fetch = null;
        lock (_lock)
        {
            if (item.Worker is { } worker && worker.Holds(item))
                fetch = new ChunkOutcomeFetch(worker, _lock, item, chunk);
        }

        fetch?.Run();
    }

    internal override void Kill(string reason)
    {
        lock (_lock)
            _supervisor.KillBusy(reason);
    }

    protected override Task EndAsync(StopMode mode)
    {
        List<RemoteItem> given = [];
        Task stopping;
        lock (_lock)
        {
            AssertInvariants();
            _ending.Begin(mode);
            if (mode != StopMode.Drain)
            {
                _assignment.TakeWaiting(given);
                _supervisor.RevokeAll(given);
            }

            if (mode == StopMode.Abort)
                _supervisor.AbortAll();

            _supervisor.KillOverdue();

            stopping = _stopping ??= StopWorkersAsync();
            CheckIdle(); // a stronger mode may have emptied the queue of a pool that was draining
        }

        foreach (RemoteItem item in given)
            FailItem(item, Disposed());

        return stopping;
    }

    private async Task StopWorkersAsync()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        Task idle = _ending.WhenIdle();
        CheckIdle();
        await idle.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _supervisor.StopAsync().ConfigureAwait(false);
        lock (_lock)
            _silence.Stop();

        await Output.EndAsync().ConfigureAwait(false);
        _writers.Clear();
    }

    internal override PoolSnapshot Snapshot()
    {
        List<WorkerSnapshot> workers;
        int waiting;
        WorkerStartException? failure;
        StartBackOff? backOff;
        lock (_lock)
        {
            workers = [.. _supervisor.Workers.Select(static worker => worker.Snapshot())];
            waiting = _assignment.QueueLength;
            failure = _supervisor.StartFailure;
            backOff = _supervisor.BackOff;
        }

        // Reading /proc takes microseconds, which nobody should wait for.
        return new PoolSnapshot
        {
            Name = Options.Name,
            Isolation = Isolation.Process,
            Workers = [.. workers.Select(static worker => worker with { PrivateMemory = ProcessMemory.PrivateBytes(worker.Id) })],
            QueueLength = waiting,
            Totals = Events.Totals,
            StartFailure = failure,
            BackOff = backOff,
        };
    }

    internal void FreePayload(RemoteItem item) => item.Payload.Free(Memory);

    /// <summary>Fails an item. Not under the lock: listeners are user code.</summary>
    internal void FailItem(RemoteItem item, Exception error)
    {
        Debug.Assert(!_lock.IsHeldByCurrentThread);
        FreePayload(item);
        item.SetException(error);
    }

    /// <summary>Ends an item that its caller has cancelled. Not under the lock: listeners are user code.</summary>
    internal void CancelItem(RemoteItem item)
    {
        Debug.Assert(!_lock.IsHeldByCurrentThread);
        FreePayload(item);
        item.SetCanceled(item.CancellationToken);
    }

    [Conditional("DEBUG")]
    internal void AssertLocked() => Debug.Assert(_lock.IsHeldByCurrentThread);

    /// <summary>What holds whenever the lock is taken.</summary>
    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _assignment.AssertInvariants();
        _supervisor.AssertInvariants();
    }

    internal void CheckIdle() => _assignment.CheckIdle();

    internal void Measure(long elapsed, int items) => _assignment.Measure(elapsed, items);

    internal override void MeasureCall(long elapsed)
    {
        _assignment.Measure(elapsed, 1);
        base.MeasureCall(elapsed);
    }

    internal void Requeue(RemoteItem item) => _assignment.Requeue(item);

    internal void OnReady() => _assignment.OnReady();

    internal void FailWaiting(Exception cause) => _assignment.FailWaiting(cause);

    /// <summary>A method was defined to a worker.</summary>
    internal void OnDefined(RemoteMethod remoteMethod) => _supervisor.OnDefined(remoteMethod);

    internal void OnHello(ProcessWorker worker) => _supervisor.OnHello(worker);

    internal void OnInitialized(ProcessWorker worker) => _supervisor.OnInitialized(worker);

    internal void OnAnswered(ProcessWorker worker) => _assignment.OnAnswered(worker);

    internal void OnEnding(ProcessWorker worker) => _assignment.OnEnding(worker);

    internal void OnBroken(ProcessWorker worker, Exception cause) => _supervisor.OnBroken(worker, cause);

    /// <summary>A worker's exit is confirmed, and all that it wrote has been read: each of its items goes on or fails.</summary>
    internal void OnExited(ProcessWorker worker, ExitStatus status)
    {
        // Whatever goes wrong with the link, the exit has happened: the supervisor must hear of it, or the pool waits for this worker for
        // ever.
        Background.Run(worker.Link.DrainAndClose, Events.OnBackgroundFailure);
        List<RemoteItem> items;
        lock (_lock)
            items = worker.TakeItems();

        var forensics = new Forensics(worker, status);
        var recovery = new CrashRecovery(this, _ending, worker, forensics);
        recovery.ResolveItem(items);
        _assignment.OnExited(worker, forensics, recovery);
        foreach ((RemoteItem item, Exception error) in recovery.Failed)
            Background.Run(() => FailItem(item, error), e => item.SetException(error));

        Background.Run(worker.Dispose, Events.OnBackgroundFailure);
        lock (_lock)
            CheckIdle();
    }

    internal static WorkerCrashedException Corrupt(ProcessWorker worker, RemoteItem item, Exception cause) =>
        new(new CrashReport(
            worker.ProcessId,
            null,
            null,
            item.Name,
            item.Attempt,
            worker.ErrorTail,
            $"It sent a result that makes no sense: {cause.Message}."));
}
