using System.Diagnostics;
using Tandem.Health;
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
internal sealed unsafe class ProcessWorker : IFrameSink, IChunkSink, IProcessObserver
{
    /// <summary>The slot of the frame that builds the worker's state.</summary>
    internal const int InitializeSlot = 0xFFFF;

    private readonly ProcessEngine _engine;
    private readonly WorkItem?[] _items;
    private readonly long[] _takenBack; // of each slot, what is due as an answer beside results: 1 + the sequence number
    private readonly SlotQueue _freeSlots;
    private readonly List<int> _answered = [];
    private bool[] _defined = new bool[64];
    private readonly PayloadReader _reader = new();
    private readonly OutputTail _errorTail = new();
    private readonly List<WorkItem> _overdue = [];
    private long _itemsDone;
    private long _bytesSent;
    private long _bytesReceived;
    private long _idleSince;
    private WorkerProcess? _process;
    private uint _sequence;
    private WorkItem? _harvested;
    private Exception? _broken;

    internal ProcessWorker(ProcessEngine engine, WorkerLink link)
    {
        _engine = engine;
        Link = link;
        _items = new WorkItem?[link.Slots];
        _takenBack = new long[link.Slots];
        _freeSlots = new SlotQueue(link.Slots);
        Recycling = Recycling.Create(engine.Options);
    }

    internal WorkerLink Link { get; }

    internal WorkerState State { get; set; }

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

    internal WorkItem? FirstOverdue => _overdue.Count > 0 ? _overdue[0] : null;

    /// <summary>Whether an item ran out of memory in it.</summary>
    internal bool IsExhausted { get; private set; }

    /// <summary>Kernel kills for want of memory that were counted before it started.</summary>
    internal long OutOfMemoryKills { get; private set; }

    /// <summary>Whether it may be given items.</summary>
    internal bool TakesItems => State is WorkerState.Idle or WorkerState.Busy && !IsSpare && !IsOverdue;

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

    /// <summary>Whether it has come up and builds its state, or has built it.</summary>
    internal bool IsInitializing { get; set; }

    /// <summary>What a failed state factory threw.</summary>
    internal Exception? StartFailure { get; private set; }

    internal ITimer? Deadline { get; set; }

    internal string ErrorTail => _errorTail.ToString();

    /// <summary>What it has written to standard error since a time in stopwatch ticks.</summary>
    internal string ErrorsSince(long time) => _errorTail.Since(time);

    /// <summary>The dump that the runtime wrote when it crashed, if any.</summary>
    internal string? FindDump() => DiagnosticFiles.DumpOf(_engine.Options, ProcessId);

    /// <summary>Why the connection broke, when it was the worker's fault.</summary>
    internal Exception? Broken => _broken;

    /// <summary>Under the lock: ready for items.</summary>
    internal void MarkIdle()
    {
        State = WorkerState.Idle;
        _idleSince = Stopwatch.GetTimestamp();
    }

    /// <summary>Under the lock: an item that it runs has passed a limit.</summary>
    internal void AddOverdue(WorkItem item)
    {
        if (!_overdue.Contains(item))
            _overdue.Add(item);
    }

    /// <summary>Under the lock: whether it has items beside this one, taken back ones apart.</summary>
    internal bool HasOther(WorkItem item) => Array.Exists(_items, other => other is not null && other != item);

    internal void Attach(WorkerProcess process)
    {
        _process = process;
        OutOfMemoryKills = OutOfMemoryKiller.Count(); // after the launch, which must not wait for it
        Link.Start(this);
    }

    /// <summary>Under the lock: sends an item that was assigned; false when the connection has no room now.</summary>
    internal bool TrySend(WorkItem item)
    {
        Shipment shipment = item.Shipment;
        Callable callable = shipment.Callable;
        if (_freeSlots.Count == 0 || !TryDefine(callable))
            return false;

        int slot = _freeSlots.Peek();
        var message = new InvokeMessage
        {
            Callable = callable.Number,
            First = item.FirstElement,
            Count = item.ElementCount,
            MemoryLimit = item.Limits?.MemoryLimit ?? 0,
        };
        uint sequence = unchecked(++_sequence);
        // Ahead of its item, by whose number it is known: the item itself may find no room now.
        if (item.DetailsIfAny?.Observation is { Context: { } trace } && !Link.TrySend(FrameKind.Trace, slot, sequence, 0, TraceFrame.Write(trace)))
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
        if (item.ElementCount > 0)
            item.Progress = new ChunkProgress { First = item.FirstElement };
        Volatile.Write(ref _items[slot], item); // before the frame is published by Flush, so before any answer
        InFlight++;
        State = WorkerState.Busy;
        if (item.DetailsIfAny?.Links is { } links)
            SendCanceledTokens(item, links);
        return true;
    }

    /// <summary>Under the lock: a token of an item in flight was cancelled.</summary>
    /// <param name="token">The number of a captured token; <see cref="FrameHeader.OwnToken"/> for the item's own.</param>
    internal void SendCancel(WorkItem item, int token) => Link.SendControl(FrameKind.Cancel, item.Slot, item.Sequence, token);

    private void SendCanceledTokens(WorkItem item, SentLinks links)
    {
        for (int i = 0; i < links.Tokens.Count; i++)
        {
            if (links.Tokens[i].IsCancellationRequested)
                SendCancel(item, i);
        }
    }

    /// <summary>Sends what builds the worker's state.</summary>
    internal void SendInitialize(StateFactory factory)
    {
        var message = new InvokeMessage { Callable = factory.Callable.Number, Length = factory.Payload.Length };
        fixed (byte* payload = factory.Payload)
        {
            // Before the worker is one of the pool's: outside of the lock, and nothing that spares should know of.
            if (!TryDefine(factory.Callable, isForItems: false) || !Link.TrySendInvoke(FrameKind.Initialize, InitializeSlot, 0, in message, payload))
                throw new WorkerStartException("The values that the pool's state factory captures are too large: at most 60 KiB.");
        }
    }

    /// <summary>Under the lock: takes an item back that has not started. Its slot is free when the worker has seen that.</summary>
    internal bool TryRevoke(WorkItem item)
    {
        if (_items[item.Slot] != item || !Link.CanRevoke)
            return false;

        // Said before it is done: the worker can answer before this thread goes on. One that answers like that all the same, without
        // having been asked, has not run the item either.
        long due = item.Sequence + 1L;
        Volatile.Write(ref _takenBack[item.Slot], due);
        if (!Link.TryRevoke(item.Slot, item.Sequence) && Interlocked.CompareExchange(ref _takenBack[item.Slot], 0, due) == due)
            return false;

        _items[item.Slot] = null;
        item.Worker = null;
        return true;
    }

    /// <summary>Under the lock: the item that was sent last and can be taken back, for a worker that has nothing to do.</summary>
    internal WorkItem? RevokeLast()
    {
        WorkItem? last = null;
        foreach (WorkItem? item in _items)
        {
            if (item is not null && (last is null || unchecked((int)(item.Sequence - last.Sequence)) > 0))
                last = item;
        }

        return last is not null && TryRevoke(last) ? last : null;
    }

    /// <summary>Under the lock: whether the item is in flight here.</summary>
    internal bool Holds(WorkItem item) => _items[item.Slot] == item;

    /// <summary>Under the lock, after the exit: the items that were in flight.</summary>
    internal List<WorkItem> TakeItems()
    {
        List<WorkItem> items = [];
        for (int i = 0; i < _items.Length; i++)
        {
            if (_items[i] is { } item)
                items.Add(item);
            _items[i] = null;
        }

        InFlight = 0;
        // Out of rotation in the same moment: what was sent from here on would be lost with the memory.
        if (State is WorkerState.Idle or WorkerState.Busy)
            State = WorkerState.Killing;

        return items;
    }

    /// <summary>After the exit: takes the outcomes of a chunk's elements that were finished before <paramref name="running"/>.</summary>
    internal bool TryRecoverElements(WorkItem item, int running)
    {
        if (running == item.FirstElement)
            return true;

        if (!Link.TryRecoverChunk(item.Slot, item.Sequence, out byte* payload, out nint length))
            return false;

        try
        {
            nint read = item.Progress.Bytes;
            if (read > length)
                return false;

            _reader.Begin(payload + read, length - read, CallLinks.ForResults);
            item.ReadElements(_reader, running);
            return true;
        }
        catch (Exception)
        {
            return false; // whatever it was: this is the thread that watches all workers
        }
    }

    /// <summary>Under the lock: the items in flight, those that may have started included.</summary>
    internal IEnumerable<WorkItem> Items => _items.Where(item => item is not null)!;

    /// <summary>After the exit.</summary>
    internal void Dispose()
    {
        Deadline?.Dispose();
        Link.Dispose();
        _process?.Dispose();
    }

    internal void Terminate() => _process?.Terminate();

    internal void Kill() => _process?.Kill();

    internal void PutLast() => _process?.PutLast();

    public void OnFrame(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Hello:
                _engine.OnHello(this);
                break;
            case FrameKind.Result when frame.Slot == InitializeSlot:
                OnInitialized(in frame);
                break;
            case FrameKind.Result:
                OnResult(in frame);
                break;
            case FrameKind.Element:
                OnElement(in frame);
                break;
            case FrameKind.Progress:
                OnProgress(in frame);
                break;
            default:
                throw new ProtocolException($"a worker sent a frame of kind {frame.Kind}");
        }
    }

    public void OnBatchEnd()
    {
        if (_answered.Count > 0)
            _engine.OnAnswered(this);
    }

    public void OnEnding() => _engine.OnEnding(this);

    public void OnBroken(Exception cause)
    {
        _broken = cause;
        _engine.OnBroken(this, cause);
    }

    public void OnOutput(string line, bool isError)
    {
        if (isError)
            _errorTail.Add(line);
        _engine.Output.Forward(this, line, isError);
    }

    public void OnExited(ExitStatus status) => _engine.OnExited(this, status);

    /// <summary>Under the lock: slots of answered items can be used again. True when the worker takes items again that it did not take before.</summary>
    internal bool FreeAnswered()
    {
        foreach (int slot in _answered)
            _freeSlots.Enqueue(slot);

        InFlight -= _answered.Count;
        _answered.Clear();
        if (InFlight == 0 && State == WorkerState.Busy)
            MarkIdle();

        return _overdue.Count > 0 && _overdue.RemoveAll(item => !Holds(item)) > 0 && _overdue.Count == 0;
    }

    /// <summary>Under the lock: tells an idle worker what it may be asked to run.</summary>
    internal void Prepare(List<Callable> callables)
    {
        foreach (Callable callable in callables)
        {
            if (!TryDefine(callable, FrameHeader.Ahead))
                return;
        }
    }

    /// <summary>Under the lock: tells it of a method, once. False when there is no room now.</summary>
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

    private void OnResult(in Frame frame)
    {
        ResultMessage message = ReadMessage(in frame);
        WorkItem? item = ItemOf(in frame);
        byte* payload = Link.ResolveResult(in frame, ref message);
        if (message.Outcome == Outcome.Revoked)
        {
            // Once for each item that was taken back: a slot that is freed twice would be given to two items.
            long due = frame.Sequence + 1L;
            if (Interlocked.CompareExchange(ref _takenBack[frame.Slot], 0, due) != due)
                throw new ProtocolException($"slot {frame.Slot} was given back, which nobody had taken back");

            _answered.Add(frame.Slot);
            return;
        }

        if (item is null)
            throw new ProtocolException($"an answer {message.Outcome} for slot {frame.Slot}, where none is due");

        nint read = item.ElementCount > 0 ? item.Progress.Bytes : 0;
        if (read > message.Length)
            throw new ProtocolException("a chunk's outcomes have become fewer");

        _reader.Begin(payload + read, (nint)message.Length - read, CallLinks.ForResults);
        // From here the item is the caller's again: its slot counts as answered before its continuation can run.
        _items[frame.Slot] = null;
        _answered.Add(frame.Slot);
        _itemsDone += Math.Max(1, item.ElementCount);
        _bytesReceived += ResultMessage.Size + message.Length;
        item.DetailsIfAny?.Observation?.AddRun(message.Elapsed);
        try
        {
            Settle(item, in message);
        }
        catch (Exception e)
        {
            // Nobody else holds the item any more, so it is told here; the worker is not to be trusted with others.
            item.SetException(ProcessEngine.Corrupt(this, item, e));
            throw;
        }
        finally
        {
            Link.ReleaseResult(in message);
        }
    }

    private void Settle(WorkItem item, in ResultMessage message)
    {
        if (item.IsSettled)
        {
            // Too late: its time was over.
            _engine.FreePayload(item);
            return;
        }

        switch (message.Outcome)
        {
            case Outcome.Completed:
                _engine.Measure(message.Elapsed, 1);
                item.ReadResult(_reader);
                break;
            case Outcome.Failed or Outcome.Canceled:
                item.SetException(item.Explain(ExceptionCodec.Read(_reader)));
                break;
            case Outcome.Chunk when item.ElementCount > 0:
                int finished = message.Finished - item.Progress.First;
                item.AddElapsed(message.Elapsed);
                item.ReadElements(_reader, message.Finished);
                _engine.Measure(message.Elapsed, 1);
                if (!item.IsSettled)
                {
                    if (item.CancellationToken.IsCancellationRequested)
                        item.SetCanceled(item.CancellationToken);
                    else if (finished == 0 && !_engine.IsAborting)
                        throw new ProtocolException("a chunk came back without progress");
                    else
                        _engine.Requeue(item);
                }

                break;
            default:
                throw new ProtocolException($"an item of {item.ElementCount} elements came back as {message.Outcome}");
        }

        if (item.DetailsIfAny is { RanOutOfMemory: true })
            IsExhausted = true;
        if (item.IsSettled)
            _engine.FreePayload(item);
    }

    private void OnInitialized(in Frame frame)
    {
        if (State is WorkerState.Idle or WorkerState.Busy)
            throw new ProtocolException("a state was built where none was asked for");

        ResultMessage message = ReadMessage(in frame);
        if (message.Outcome != Outcome.Completed)
        {
            _reader.Begin(Link.ResolveResult(in frame, ref message), (nint)message.Length, CallLinks.ForResults);
            StartFailure = ExceptionCodec.Read(_reader);
        }

        _engine.OnInitialized(this);
    }

    /// <summary>Reads what a chunk that runs has finished so far, for a consumer that waits.</summary>
    internal void Harvest(WorkItem item)
    {
        _harvested = item;
        Link.ReadFinished(item.Slot, item.Sequence, this);
    }

    public void OnFinished(byte* outcomes, nint length, int next)
    {
        // A harvest that began before the item's result was handled is void.
        if (_harvested is not { } item || !Holds(item) || next <= item.FirstElement || item.Progress.Bytes > length)
            return;

        nint read = item.Progress.Bytes;
        _reader.Begin(outcomes + read, length - read, CallLinks.ForResults);
        try
        {
            item.ReadElements(_reader, next);
            item.Progress.Bytes = read + _reader.Position;
        }
        catch (Exception e)
        {
            OnBroken(e); // as everything that a result's payload throws: not the affair of the consumer, who asked for this
        }
    }

    private void OnElement(in Frame frame)
    {
        WorkItem item = ItemOf(in frame) ?? throw new ProtocolException($"an element for slot {frame.Slot}, which has no item");
        _reader.Begin(frame.Body, frame.BodyLength, CallLinks.ForResults);
        if (!item.IsSettled)
            item.ReadElements(_reader, frame.Extra);
    }

    private void OnProgress(in Frame frame)
    {
        WorkItem? item = ItemOf(in frame);
        if (item?.DetailsIfAny?.Links is not { } links)
            return; // a late report of an item that is over

        _reader.Begin(frame.Body, frame.BodyLength, CallLinks.ForResults);
        Action report = links.Receiver(frame.Extra).Read(_reader);
        (item.Details.Reports ??= new SerialQueue()).Enqueue(report);
    }

    private WorkItem? ItemOf(in Frame frame)
    {
        if ((uint)frame.Slot >= (uint)_items.Length)
            throw new ProtocolException($"there is no slot {frame.Slot}");

        WorkItem? item = Volatile.Read(ref _items[frame.Slot]);
        return item is not null && item.Sequence == frame.Sequence ? item : null;
    }

    private static ResultMessage ReadMessage(in Frame frame) => frame.BodyLength >= ResultMessage.Size
        ? *(ResultMessage*)frame.Body
        : throw new ProtocolException($"a result of {frame.BodyLength} bytes");
}
