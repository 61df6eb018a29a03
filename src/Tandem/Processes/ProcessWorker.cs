using System.Diagnostics;
using Tandem.Context;
using Tandem.Events;
using Tandem.Launch;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Supervision;
using Tandem.Telemetry;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// One worker process, seen from the parent: its connection, its process, and the items in flight. State changes under the engine's
/// lock; frames arrive one at a time without it.
/// </summary>
[DebuggerDisplay("worker {ProcessId}, {State}, {InFlight} in flight")]
internal sealed unsafe partial class ProcessWorker : IFrameSink, IChunkSink, IProcessObserver, IMethodTarget
{
    private readonly ProcessEngine _engine;
    private readonly RemoteItem?[] _items;
    private readonly long[] _takenBack; // of each slot, what is due as an answer beside results: 1 + the sequence number
    private readonly SlotQueue _freeSlots;
    private readonly List<int> _answered = [];
    private bool[] _defined = new bool[64];
    private readonly PayloadReader _reader = new();
    private readonly OutputTail _errorTail = new(TimeProvider.System);
    private readonly ItemQuota? _quota; // null where a worker may run any number of items
    private readonly List<RemoteItem> _overdue = [];
    private long _itemsDone;
    private long _bytesSent;
    private long _bytesReceived;
    private long _idleSince;
    private WorkerProcess? _process;
    private uint _sequence;
    private int _stepsSent; // of its startup
    private Chunk? _harvested;
    private Exception? _broken;

    internal ProcessWorker(ProcessEngine engine, WorkerLink link)
    {
        _engine = engine;
        Link = link;
        _items = new RemoteItem?[link.Slots];
        _takenBack = new long[link.Slots];
        _freeSlots = new SlotQueue(link.Slots);
        Recycling = Recycling.Create(engine.Options, TimeProvider.System);
        Silence = new Silence(engine.Options.ConcurrencyPerWorker);
        if (engine.Options.MaxItemsPerWorker is { } limit)
            _quota = new ItemQuota(limit, link.Slots);
    }

    internal WorkerLink Link { get; }

    /// <summary>Where it is in its life.</summary>
    internal WorkerLife Life { get; } = new();

    internal WorkerState State => Life.State;

    /// <summary>What it is to its pool.</summary>
    internal WorkerRole Role => State switch
    {
        WorkerState.Starting => WorkerRole.Starting,
        WorkerState.Idle or WorkerState.Busy =>
            IsSpare ? WorkerRole.Spare
            : IsOverdue || IsSilent ? WorkerRole.Stuck
            : IsSpent ? WorkerRole.Spent
            : RetireReason is not null ? WorkerRole.Due
            : WorkerRole.Serving,
        _ => WorkerRole.Leaving,
    };

    /// <summary>Items sent and not answered, those included that were taken back.</summary>
    internal int InFlight { get; private set; }

    /// <summary>Items answered, elements of chunks included.</summary>
    internal long ItemsDone => Volatile.Read(ref _itemsDone);

    internal PoolTraffic Traffic => new(ItemsDone, Volatile.Read(ref _bytesSent), Volatile.Read(ref _bytesReceived));

    /// <summary>When it is to be replaced; null for never.</summary>
    internal Recycling? Recycling { get; }

    /// <summary>Why it is to be replaced, once that is decided.</summary>
    internal string? RetireReason { get; set; }

    /// <summary>Whether it only waits to take another's place.</summary>
    internal bool IsSpare { get; set; }

    /// <summary>Whether it goes on with an item whose time is over. It gets no others until that one has ended, or is ended with it.</summary>
    internal bool IsOverdue => _overdue.Count > 0;

    /// <summary>How long it has not started what it was sent.</summary>
    internal Silence Silence { get; }

    /// <summary>Whether it has not started what it was sent for so long that this went elsewhere. It gets nothing until it answers.</summary>
    internal bool IsSilent { get; set; }

    /// <summary>Whether it was sent as many items as it may run.</summary>
    internal bool IsSpent => _quota is { Left: <= 0 };

    /// <summary>How often it has answered: a sign of life.</summary>
    internal long Answers { get; private set; }

    internal RemoteItem? FirstOverdue => _overdue.Count > 0 ? _overdue[0] : null;

    /// <summary>Whether an item ran out of memory in it.</summary>
    internal bool IsExhausted { get; private set; }

    /// <summary>Kernel kills for want of memory that were counted before it started.</summary>
    internal long OutOfMemoryKills { get; private set; } = long.MaxValue; // until it is known

    /// <summary>Whether it may be given items.</summary>
    internal bool TakesItems => Role is WorkerRole.Serving or WorkerRole.Due;

    /// <summary>How long it has had nothing to do.</summary>
    internal TimeSpan IdleFor => Stopwatch.GetElapsedTime(_idleSince);

    /// <summary>Whether the pool ended it because of an item, so that its exit is no crash of its own.</summary>
    internal bool WasKilledForItem { get; set; }

    internal bool HasFreeSlot => _freeSlots.Count > 0;

    /// <summary>Order of last use, for giving work to the worker that is awake.</summary>
    internal long LastUse { get; set; }

    /// <summary>Whether frames were sent that are not visible yet.</summary>
    internal bool IsTouched { get; set; }

    internal int ProcessId => _process?.Id ?? 0;

    /// <summary>Whether the worker was told to end, so that its exit is no crash.</summary>
    internal bool IsExpectedToExit { get; set; }

    /// <summary>Why the worker was killed, when the pool did it.</summary>
    internal string? KillReason { get; set; }

    /// <summary>Whether it ever was ready for items.</summary>
    internal bool WasReady { get; set; }

    /// <summary>Whether it has come up and builds its state, or has built it.</summary>
    internal bool IsInitializing { get; set; }

    /// <summary>How many steps of its startup are done: the initializer, the state factory, as far as the pool has them.</summary>
    internal int StepsDone { get; private set; }

    /// <summary>What the step after those that are done threw.</summary>
    internal Exception? StartFailure { get; private set; }

    internal ITimer? Deadline { get; set; }

    internal string ErrorTail => _errorTail.ToString();

    /// <summary>What it has written to standard error since a time in stopwatch ticks.</summary>
    internal string ErrorsSince(long time) => _errorTail.Since(time);

    /// <summary>The dump that the runtime wrote when it crashed, if any.</summary>
    internal string? FindDump() => DiagnosticFiles.DumpOf(_engine.Options, ProcessId);

    /// <summary>Why the connection broke, when it was the worker's fault.</summary>
    internal Exception? Broken => _broken;

    /// <summary>What holds whenever the engine's lock is taken.</summary>
    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        Debug.Assert(State != WorkerState.Idle || InFlight == 0, $"An idle worker has {InFlight} items in flight.");
        Debug.Assert(State != WorkerState.Busy || InFlight > 0, "A busy worker has nothing in flight.");
        Debug.Assert(!Life.IsUp || _freeSlots.Count + InFlight == Link.Slots, $"{_freeSlots.Count} free slots and {InFlight} in use are not {Link.Slots}.");
        Debug.Assert(Role != WorkerRole.Spare || InFlight == 0, "A spare has items.");
    }

    /// <summary>Ready for items.</summary>
    internal void MarkIdle()
    {
        _engine.AssertLocked();
        Life.MoveTo(WorkerState.Idle);
        _idleSince = Stopwatch.GetTimestamp();
    }

    /// <summary>An item that it runs has passed a limit.</summary>
    internal void AddOverdue(RemoteItem item)
    {
        _engine.AssertLocked();
        if (!_overdue.Contains(item))
            _overdue.Add(item);
    }

    /// <summary>Whether it has items beside this one, taken back ones apart.</summary>
    internal bool HasOther(RemoteItem item)
    {
        _engine.AssertLocked();
        return Array.Exists(_items, other => other is not null && other != item);
    }

    internal void Attach(WorkerProcess process)
    {
        _process = process;
        OutOfMemoryKills = OutOfMemoryKiller.Count(); // after the launch, which must not wait for it
        // Before anything that the process says is read: it cannot become ready, or answer an item, before it counts as started.
        _engine.Events.Raise(WorkerEventKind.Started, ProcessId);
        Link.Start(this);
    }

    /// <summary>Sends an item that was assigned; false when the connection has no room now.</summary>
    internal bool TrySend(RemoteItem item)
    {
        _engine.AssertLocked();
        Shipment shipment = item.Shipment;
        Callable callable = shipment.Callable;
        if (_freeSlots.Count == 0 || !TryDefine(callable))
            return false;

        int slot = _freeSlots.Peek();
        // The rest of a chunk that is larger than what the worker may still run comes back, and goes elsewhere.
        Chunk? chunk = item.Chunk;
        int first = chunk?.FirstElement ?? 0, end = chunk?.Count ?? 0;
        if (_quota is not null && end - first > _quota.Left)
            end = first + _quota.Left;
        var message = new InvokeMessage
        {
            Callable = callable.Number,
            First = first,
            Count = end,
            MemoryLimit = item.Limits?.MaxMemory ?? 0,
        };
        uint sequence = unchecked(++_sequence);
        // Ahead of its item, by whose number it is known: the item itself may find no room now.
        if (item.DetailsIfAny?.Observation is { Context: { } trace } && !Link.TrySend(FrameKind.Trace, slot, sequence, 0, TraceFrame.Write(trace)))
            return false;
        if (item.DetailsIfAny?.Cultures is { } cultures && !Link.TrySend(FrameKind.Culture, slot, sequence, 0, cultures.ToBytes()))
            return false;

        message.Length = shipment.Length;
        fixed (byte* bytes = shipment.Bytes)
        {
            byte* payload = bytes != null ? bytes : (byte*)shipment.Block;
            if (!Link.TrySendInvoke(FrameKind.Invoke, slot, sequence, in message, payload))
                return false;
        }

        _freeSlots.Dequeue();
        item.Slot = slot;
        item.Sequence = sequence;
        item.Worker = this;
        if (item.DetailsIfAny?.Observation is { } observation)
            observation.ProcessId = ProcessId;
        _bytesSent += InvokeMessage.Size + message.Length;
        if (chunk is not null)
            chunk.Progress = new ChunkProgress { First = first, End = end };
        _quota?.Reserve(slot, Math.Max(1, end - first));
        Volatile.Write(ref _items[slot], item); // before the frame is published by Flush, so before any answer
        InFlight++;
        Life.MoveTo(WorkerState.Busy);
        if (item.DetailsIfAny?.Links is { } links)
            SendCanceledTokens(item, links);
        return true;
    }

    /// <summary>A token of an item in flight was cancelled.</summary>
    /// <param name="token">The number of a captured token; <see cref="FrameHeader.OwnToken"/> for the item's own.</param>
    internal void SendCancel(RemoteItem item, int token)
    {
        _engine.AssertLocked();
        Link.SendControl(FrameKind.Cancel, item.Slot, item.Sequence, token);
    }

    private void SendCanceledTokens(RemoteItem item, SentLinks links)
    {
        for (int i = 0; i < links.Tokens.Count; i++)
        {
            if (links.Tokens[i].IsCancellationRequested)
                SendCancel(item, i);
        }
    }

    /// <summary>Says in which cultures the worker starts, before it is one of the pool's.</summary>
    internal void SendCultures(Cultures cultures)
    {
        if (!Link.TrySend(FrameKind.Culture, FrameHeader.StartupSlot, 0, 0, cultures.ToBytes()))
            throw new WorkerStartException("The cultures of who made the pool are too large for a frame.");
    }

    /// <summary>Sends a step of the worker's startup.</summary>
    /// <param name="step">What to run.</param>
    /// <param name="number">Its position, from 0: steps run in this order.</param>
    internal void SendInitialize(StartupStep step, int number)
    {
        _stepsSent = number + 1;
        var message = new InvokeMessage { Callable = step.Callable.Number, Length = step.Payload.Length };
        fixed (byte* payload = step.Payload)
        {
            // Before the worker is one of the pool's: outside of the lock, and nothing that spares should know of.
            if (!TryDefine(step.Callable, isForItems: false) || !Link.TrySendInvoke(FrameKind.Initialize, FrameHeader.StartupSlot, (uint)number, in message, payload))
                throw new WorkerStartException($"The values that {step.Part.Name()} captures are too large: at most 60 KiB. Put them into a file, and capture its path.");
        }
    }

    /// <summary>Takes an item back that has not started. Its slot is free when the worker has seen that.</summary>
    internal bool TryRevoke(RemoteItem item)
    {
        _engine.AssertLocked();
        if (_items[item.Slot] != item || !Link.CanRevoke)
            return false;

        // Said before it is done: the worker can answer before this thread goes on. One that answers like that all the same, without
        // having been asked, has not run the item either.
        long due = item.Sequence + 1L;
        Volatile.Write(ref _takenBack[item.Slot], due);
        if (!Link.TryRevoke(item.Slot, item.Sequence) && Interlocked.CompareExchange(ref _takenBack[item.Slot], 0, due) == due)
            return false;

        _items[item.Slot] = null;
        OnLeft(item);
        item.Worker = null;
        _quota?.GiveBack(item.Slot);
        return true;
    }

    /// <summary>The item that was sent last and can be taken back, for a worker that has nothing to do.</summary>
    internal RemoteItem? RevokeLast()
    {
        _engine.AssertLocked();
        RemoteItem? last = null;
        foreach (RemoteItem? item in _items)
        {
            if (item is not null && (last is null || unchecked((int)(item.Sequence - last.Sequence)) > 0))
                last = item;
        }

        return last is not null && TryRevoke(last) ? last : null;
    }

    /// <summary>Whether the item is in flight here.</summary>
    internal bool Holds(RemoteItem item)
    {
        _engine.AssertLocked();
        return _items[item.Slot] == item;
    }

    /// <summary>After the exit: the items that were in flight.</summary>
    internal List<RemoteItem> TakeItems()
    {
        _engine.AssertLocked();
        List<RemoteItem> items = [];
        for (int i = 0; i < _items.Length; i++)
        {
            if (_items[i] is { } item)
            {
                _items[i] = null;
                OnLeft(item);
                items.Add(item);
            }
        }

        InFlight = 0;
        // Out of rotation in the same moment: what was sent from here on would be lost with the memory.
        if (Life.IsUp)
            Life.MoveTo(WorkerState.Killing);

        return items;
    }

    /// <summary>The items in flight, those that may have started included.</summary>
    internal IEnumerable<RemoteItem> Items
    {
        get
        {
            _engine.AssertLocked();
            return _items.Where(item => item is not null)!;
        }
    }

    /// <summary>After the exit.</summary>
    internal void Dispose()
    {
        Deadline?.Dispose();
        Link.Dispose();
        _process?.Dispose();
    }

    internal void Terminate() => _process?.Terminate();

    internal void Kill() => _process?.Kill();

    internal void SetLowestPriority() => _process?.SetLowestPriority();

    /// <summary>Slots of answered items can be used again. True when the worker takes items again that it did not take before.</summary>
    internal bool FreeAnswered()
    {
        _engine.AssertLocked();
        bool wasOut = IsSilent || IsSpent;
        foreach (int slot in _answered)
        {
            _freeSlots.Enqueue(slot);
            _quota?.Settle(slot);
        }

        Answers += _answered.Count;
        IsSilent = false;
        InFlight -= _answered.Count;
        _answered.Clear();
        if (InFlight == 0 && State == WorkerState.Busy)
            MarkIdle();

        bool isBack = _overdue.Count > 0 && _overdue.RemoveAll(item => !Holds(item)) > 0 && _overdue.Count == 0;
        return isBack || (wasOut && !IsSpent);
    }

    bool IMethodTarget.IsStarting => State == WorkerState.Starting;

    bool IMethodTarget.TryDefine(Callable callable, bool isAhead)
    {
        _engine.AssertLocked();
        return TryDefine(callable, isAhead ? FrameHeader.Ahead : 0);
    }

    bool IMethodTarget.Flush() => Link.Flush();

    void IMethodTarget.Wake() => Link.Wake();

    /// <summary>Tells it of a method, once. False when there is no room now.</summary>
    internal bool TryDefine(Callable callable, int ahead = 0, bool isForItems = true)
    {
        if (callable.Number < _defined.Length && _defined[callable.Number])
            return true;

        if (!Link.TrySend(FrameKind.Define, 0, 0, ahead, callable.Definition))
            return false;

        if (isForItems)
            _engine.OnDefined(callable);

        if (callable.Number >= _defined.Length)
            Array.Resize(ref _defined, callable.Number * 2);

        _defined[callable.Number] = true;
        return true;
    }
}
