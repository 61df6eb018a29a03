using System.Diagnostics;
using Tandem.Events;
using Tandem.Invocation;
using Tandem.InWorker;
using Tandem.Processes;
using Tandem.Serialization;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Imitation;

/// <summary>
/// A third engine, made with nothing but what <see cref="PoolEngine"/> asks of engines. Its workers imitate remote ones: they are threads of
/// this process, but every call, result and error is serialized and read back.
/// </summary>
internal sealed class ImitationEngine : PoolEngine, ISerializingEngine
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<ImitationItem, (int, long)> _queue = new(); // by priority, then in order
    private readonly List<ImitationWorker> _workers = [];
    private readonly Admission<ImitationItem> _admission;
    private readonly WorkerStartup _startup;
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _itemsDone;
    private long _admitted;
    private uint _sequence;
    private int _number;
    private volatile bool _closed, _discarding;

    internal ImitationEngine(WorkerPoolOptions options, Func<StartupStep>? factory = null)
        : base(options, WorkerEventKind.Started)
    {
        _startup = new WorkerStartup(options, factory);
        _admission = new Admission<ImitationItem>(options, Admit);
        while (options.StartEagerly && _workers.Count < Lanes)
            AddWorker();
    }

    public IPayloadMemory Memory => HeapMemory.Instance;

    internal ActiveItems Active { get; } = new();

    internal IReadOnlyList<StartupStep> Startup => _startup.Steps;

    internal override PoolTraffic Traffic => new(Interlocked.Read(ref _itemsDone));

    protected override bool KeepsCreatorCultures => false;

    public PayloadWriter RentWriter() => new();

    public void ReturnWriter(PayloadWriter writer) => writer.Dispose();

    public WorkItem CreateElements(Chunk chunk, CallPayload callPayload, CancellationToken cancellationToken) =>
        new ImitationItem(null, chunk, callPayload, cancellationToken);

    internal override WorkItem CreateItem(
        ICallTask task, DelegateAdapter adapter, Delegate work, object? argument, CancellationToken cancellationToken) =>
        new ImitationItem(task, null, CallPayload.Of(adapter, work, argument), cancellationToken);

    internal override Chunk<TItem, TResult> CreateChunk<TItem, TResult>(MapCall<TItem, TResult> call) => new SerializedChunk<TItem, TResult>(call, this);

    internal override PoolSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new PoolSnapshot
            {
                Name = Options.Name,
                Isolation = Options.Isolation,
                Workers = [.. _workers.Select(static worker => worker.Snapshot())],
                QueueLength = _queue.Count,
                Totals = Events.Totals,
            };
        }
    }

    internal override void Resize(int workers)
    {
        lock (_lock)
        {
            Options.MaxWorkers = workers;
            while (_workers.Count > Lanes && _workers.FindLast(static worker => !worker.IsRunning) is { } idle)
                Drop(idle);
            Pump();
        }
    }

    protected override void Accept(WorkItem submitted)
    {
        var item = (ImitationItem)submitted;
        item.DetailsIfAny?.Cultures?.ToBytes();
        CallSerializer.Serialize(item, item.Payload, Memory);
        item.WatchCancellation(this);
        item.WatchTokens(this);
        if (item.Limits is { } limits)
            item.WatchQueueTimeout(this, limits);

        Entry entry = _closed ? Entry.Granted : _admission.Enter(item);
        if (_closed && entry == Entry.Granted)
            item.SetException(Disposed());
        else if (entry == Entry.Granted)
            Admit(item);
        else if (entry == Entry.Refused)
            item.SetException(_admission.Full(item));
    }

    internal override void OnItemCanceled(WorkItem item)
    {
        if (TryTakeBack((ImitationItem)item))
            item.SetCanceled(item.CancellationToken);
        else
            OnTokenCanceled(item, FrameHeader.OwnToken);
    }

    internal override void OnTokenCanceled(WorkItem item, int number)
    {
        lock (_lock)
        {
            if (((ImitationItem)item).Worker is { } worker && worker.Item == item)
                Active.Cancel(worker.Number, worker.Item.Sequence, number);
        }
    }

    internal override void OnQueueTimeout(WorkItem item)
    {
        if (TryTakeBack((ImitationItem)item))
            item.SetException(QueueTimeout(item));
    }

    protected override Task EndAsync(StopMode mode)
    {
        List<ImitationItem> given = [];
        lock (_lock)
        {
            _closed = true;
            if (mode != StopMode.Drain)
            {
                _discarding = true;
                given = [.. _admission.Close(), .. _queue.UnorderedItems.Select(static entry => entry.Element)];
                _queue.Clear();
            }

            CheckGone();
        }

        given.ForEach(item => item.SetException(Disposed()));
        return mode == StopMode.Abort ? AbortAsync() : EndedAsync();
    }

    /// <summary>Gives a worker its next item; null when there is none, or it has no place in the pool any more.</summary>
    internal ImitationItem? Take(ImitationWorker worker)
    {
        ImitationItem? item = null;
        bool isLast = false;
        lock (_lock)
        {
            OnRun(worker);
            if (!_workers.Contains(worker))
            {
                Events.AddAbandoned(-1);
                isLast = --worker.State.Users == 0;
            }
            else if (_workers.Count > Lanes)
            {
                Drop(worker);
            }
            else
            {
                while (item is null && _queue.TryDequeue(out ImitationItem? next, out _))
                    worker.Item = item = next.TryAssign() ? next : null;
            }

            worker.IsRunning = item is not null;
            if (item is not null)
                (worker.Since, item.Worker, item.Sequence) = (Stopwatch.GetTimestamp(), worker, ++_sequence);
            CheckGone();
        }

        if (isLast)
            Dispose(worker.State);
        if (item is not null)
            OnTaken(item);
        return item;
    }

    /// <summary>A chunk's run has ended before the last element: it was cancelled, or goes on elsewhere.</summary>
    internal void OnUnfinished(ImitationItem item)
    {
        if (item.CancellationToken.IsCancellationRequested)
            item.SetCanceled(item.CancellationToken);
        else if (item.TryRequeue())
            Admit(item);
    }

    internal void OnTimeout(ImitationWorker worker, ImitationItem item, TimeSpan limit)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(worker.Since);
        if (item.IsSettled || !TryAbandon(worker, item))
            return;

        FailForTimeout(item, new WorkTimeoutException(item.NameOf(item.FirstElement), limit, elapsed > limit ? elapsed : limit, hasStarted: true));
        Active.Cancel(worker.Number, item.Sequence, FrameHeader.OwnToken);
    }

    private void OnRun(ImitationWorker worker)
    {
        if (worker.Item is not { } item)
            return;

        worker.Item = null;
        worker.ItemsDone += Math.Max(1, item.ElementCount);
        _itemsDone += Math.Max(1, item.ElementCount);
        if (item.IsSettled)
            item.Payload.Free(Memory);
    }

    private void OnTaken(ImitationItem item)
    {
        _admission.Leave(item);
        IReadOnlyList<CancellationToken> tokens = item.DetailsIfAny?.Links?.Tokens ?? [];
        for (int i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].IsCancellationRequested)
                OnTokenCanceled(item, i);
        }
    }

    private void Admit(ImitationItem item)
    {
        lock (_lock)
        {
            if (!_discarding && !_gone.Task.IsCompleted)
            {
                if (item.State != ItemState.Queued)
                    return; // cancelled on its way
                _queue.Enqueue(item, (-(int)item.Priority, _admitted++));
                Pump();
                return;
            }
        }

        item.SetException(Disposed());
    }

    private bool TryTakeBack(ImitationItem item)
    {
        lock (_lock)
        {
            if (!item.TryAssign())
                return false;
            _queue.Remove(item, out _, out _);
        }

        _admission.Leave(item);
        item.Payload.Free(Memory);
        return true;
    }

    private void Pump()
    {
        int needed = _queue.Count;
        while (needed-- > 0 && (_workers.Find(static worker => !worker.IsRunning) ?? (_workers.Count < Lanes ? AddWorker() : null)) is { } worker)
            worker.Start();
    }

    private ImitationWorker AddWorker()
    {
        ImitationState state = _workers.Count % Options.ConcurrencyPerWorker == 0 ? new ImitationState(this) : _workers[^1].State;
        state.Users++;
        var worker = new ImitationWorker(this, state, _number++);
        _workers.Add(worker);
        Events.Raise(WorkerEventKind.Started, worker.Number);
        return worker;
    }

    private void Drop(ImitationWorker worker)
    {
        _workers.Remove(worker);
        if (--worker.State.Users == 0)
            Dispose(worker.State);
    }

    private static void Dispose(ImitationState state) => Task.Run(() => state.DisposeAsync().AsTask());

    /// <summary>The worker goes on with its item outside of the pool; another takes its place.</summary>
    private bool TryAbandon(ImitationWorker worker, ImitationItem item)
    {
        lock (_lock)
        {
            if (worker.Item != item || !_workers.Remove(worker))
                return false;

            Events.AddAbandoned(1);
            Events.Raise(WorkerEventKind.Abandoned, worker.Number, "Its item goes on.");
            Pump();
            return true;
        }
    }

    private async Task AbortAsync()
    {
        Array.ForEach(Busy(), one => Active.Cancel(one.Worker.Number, one.Item.Sequence, FrameHeader.OwnToken));
        await _gone.Task.WaitAsync(Options.CancellationGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach ((ImitationWorker worker, ImitationItem item) in Busy())
        {
            if (TryAbandon(worker, item))
                item.SetException(item.CancellationToken.IsCancellationRequested ? new OperationCanceledException(item.CancellationToken) : Disposed());
        }

        lock (_lock)
            CheckGone();
        await EndedAsync().ConfigureAwait(false);
    }

    private async Task EndedAsync()
    {
        await _gone.Task.ConfigureAwait(false);
        ImitationState[] states;
        lock (_lock)
        {
            states = [.. _workers.Select(static worker => worker.State).Distinct()];
            _workers.Clear();
        }

        foreach (ImitationState state in states)
            await state.DisposeAsync().ConfigureAwait(false);
        _startup.Release();
    }

    private (ImitationWorker Worker, ImitationItem Item)[] Busy()
    {
        lock (_lock)
            return [.. _workers.Where(static worker => worker.Item is not null).Select(static worker => (worker, worker.Item!))];
    }

    private void CheckGone()
    {
        if (_closed && _queue.Count == 0 && !_workers.Exists(static worker => worker.IsRunning))
            _gone.TrySetResult();
    }
}
