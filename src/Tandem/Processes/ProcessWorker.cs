using System.Diagnostics;
using Tandem.Context;
using Tandem.Events;
using Tandem.Interop;
using Tandem.Invocation;
using Tandem.Launch;
using Tandem.Serialization;
using Tandem.Supervision;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// One worker process, seen from the parent: its connection, its process, where it is in its life, and what it is to its pool. State
/// changes under the engine's lock; frames arrive one at a time without it.
/// </summary>
[DebuggerDisplay("worker {ProcessId}, {State}, {InFlight} in flight")]
internal sealed unsafe class ProcessWorker : IFrameSink, IProcessObserver, IMethodTarget
{
    private readonly ProcessEngine _engine;
    private readonly ItemSlots _slots;
    private readonly WorkerSender _sender;
    private readonly AnswerReader _answers;
    private readonly StartupProgress _startup;
    private readonly WorkerFigures _figures = new();
    private readonly OutputTail _errorTail = new(TimeProvider.System); // the clock by which workers say when an item was started
    private readonly List<RemoteItem> _overdue = []; // items in flight that have passed a limit
    private long _idleSince; // timestamp of the pool's clock; only if the pool has an idle time
    private WorkerProcess? _process; // null until it is launched

    internal ProcessWorker(ProcessEngine engine, WorkerLink link)
    {
        _engine = engine;
        Link = link;
        Recycling = Recycling.Create(engine.Options, engine.Time);
        Silence = new Silence(engine.Options.ConcurrencyPerWorker);
        _slots = new ItemSlots(link, engine.Options.MaxItemsPerWorker, engine.Gate);
        _sender = new WorkerSender(this, engine, _slots, _figures);
        var reader = new PayloadReader();
        _startup = new StartupProgress(this, _sender, reader);
        _answers = new AnswerReader(this, engine, _slots, _figures, reader);
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
            : Leaving.IsDue ? WorkerRole.Due
            : WorkerRole.Serving,
        _ => WorkerRole.Leaving,
    };

    /// <summary>Whether it may be given items.</summary>
    internal bool TakesItems => Role is WorkerRole.Serving or WorkerRole.Due;

    internal int ProcessId => _process?.Id ?? 0;

    /// <inheritdoc cref="ItemSlots.InFlight"/>
    internal int InFlight => _slots.InFlight;

    /// <inheritdoc cref="ItemSlots.HasFree"/>
    internal bool HasFreeSlot => _slots.HasFree;

    /// <inheritdoc cref="ItemSlots.Items"/>
    internal IEnumerable<RemoteItem> Items => _slots.Items;

    /// <inheritdoc cref="ItemSlots.IsSpent"/>
    internal bool IsSpent => _slots.IsSpent;

    /// <inheritdoc cref="ItemSlots.Answers"/>
    internal long Answers => _slots.Answers;

    /// <inheritdoc cref="WorkerFigures.Items"/>
    internal long ItemsDone => _figures.Items;

    internal PoolTraffic Traffic => _figures.Traffic;

    /// <inheritdoc cref="AnswerReader.IsExhausted"/>
    internal bool IsExhausted => _answers.IsExhausted;

    /// <summary>When it is to be replaced; null for never.</summary>
    internal Recycling? Recycling { get; }

    /// <summary>Why it leaves the pool, as far as the pool has decided that.</summary>
    internal Leaving Leaving { get; private set; }

    /// <summary>Whether it only waits to take another's place.</summary>
    internal bool IsSpare { get; set; }

    /// <summary>
    /// Whether it goes on with an item whose time is over. It gets no others until that one has ended, or is ended with it.
    /// </summary>
    internal bool IsOverdue => _overdue.Count > 0;

    internal RemoteItem? FirstOverdue => _overdue.Count > 0 ? _overdue[0] : null;

    /// <summary>How long it has not started what it was sent.</summary>
    internal Silence Silence { get; }

    /// <summary>
    /// Whether it has not started what it was sent for so long that this went elsewhere. It gets nothing until it answers.
    /// </summary>
    internal bool IsSilent { get; set; }

    /// <summary>Kernel kills for want of memory that were counted before it started.</summary>
    internal long OutOfMemoryKills { get; private set; } = long.MaxValue; // until it is known

    /// <summary>How long it has had nothing to do. Only if the pool has an idle time.</summary>
    internal TimeSpan IdleFor => _engine.Time.GetElapsedTime(_idleSince);

    /// <summary>Order of last use, for giving work to the worker that is awake.</summary>
    internal long LastUse { get; set; }

    /// <summary>Whether frames were sent that are not visible yet.</summary>
    internal bool IsTouched { get; set; }

    /// <summary>Whether it ever was ready for items.</summary>
    internal bool WasReady { get; set; }

    /// <summary>The last look at the memory of the process, while it ran an item with a memory limit; null if there was none.</summary>
    internal MemoryLook? MemoryLook { get; set; }

    /// <inheritdoc cref="StartupProgress.HasBegun"/>
    internal bool IsInitializing => _startup.HasBegun;

    /// <inheritdoc cref="StartupProgress.StepsDone"/>
    internal int StepsDone => _startup.StepsDone;

    /// <inheritdoc cref="StartupProgress.Failure"/>
    internal Exception? StartFailure => _startup.Failure;

    internal ITimer? Deadline { get; set; }

    internal string ErrorTail => _errorTail.ToString();

    /// <summary>What it has written to standard error since a time in stopwatch ticks.</summary>
    internal string ErrorsSince(long time) => _errorTail.Since(time);

    /// <summary>The dump that the runtime wrote when it crashed, if any.</summary>
    internal string? FindDump() => DiagnosticFiles.DumpOf(_engine.Options, ProcessId);

    /// <summary>Why the connection broke, when it was the worker's fault.</summary>
    internal Exception? Broken { get; private set; }

    /// <summary>What holds whenever the engine's lock is taken.</summary>
    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        _slots.AssertInvariants(Life);
        Debug.Assert(Role != WorkerRole.Spare || InFlight == 0, "A spare has items.");
    }

    internal void Attach(WorkerProcess process)
    {
        _process = process;
        OutOfMemoryKills = OutOfMemoryKiller.Count(); // after the launch, which must not wait for it
        // Before anything that the process says is read: it cannot become ready, or answer an item, before it counts as started.
        _engine.Events.Raise(WorkerEventKind.Started, ProcessId);
        Link.Start(this);
    }

    /// <inheritdoc cref="WorkerSender.SendCultures"/>
    internal void SendCultures(Cultures cultures) => _sender.SendCultures(cultures);

    /// <inheritdoc cref="StartupProgress.Send"/>
    internal void SendInitialize(StartupStep step, int number) => _startup.Send(step, number);

    /// <summary>The pool has decided that the worker leaves.</summary>
    /// <param name="cause">
    /// Why. A cause that was decided before stays, if it comes later in the order of <see cref="LeavingCause"/>.
    /// </param>
    /// <param name="detail">The same in words, for events and for the errors of items.</param>
    internal void Leave(LeavingCause cause, string detail = "")
    {
        _engine.AssertLocked();
        Leaving = Leaving.Then(cause, detail);
    }

    /// <summary>Ready for items.</summary>
    internal void MarkIdle()
    {
        _engine.AssertLocked();
        Life.MoveTo(WorkerState.Idle);
        if (_engine.Options.IdleTimeout is not null)
            _idleSince = _engine.Time.GetTimestamp();
    }

    /// <inheritdoc cref="WorkerSender.TrySend"/>
    internal bool TrySend(RemoteItem item) => _sender.TrySend(item);

    /// <inheritdoc cref="WorkerSender.SendCancel"/>
    internal void SendCancel(RemoteItem item, int token) => _sender.SendCancel(item, token);

    /// <inheritdoc cref="ItemSlots.TryRevoke"/>
    internal bool TryRevoke(RemoteItem item) => _slots.TryRevoke(item);

    /// <inheritdoc cref="ItemSlots.RevokeLast"/>
    internal RemoteItem? RevokeLast() => _slots.RevokeLast();

    /// <inheritdoc cref="ItemSlots.Holds"/>
    internal bool Holds(RemoteItem item) => _slots.Holds(item);

    /// <inheritdoc cref="ItemSlots.HasOther"/>
    internal bool HasOther(RemoteItem item) => _slots.HasOther(item);

    /// <summary>An item that it runs has passed a limit.</summary>
    internal void AddOverdue(RemoteItem item)
    {
        _engine.AssertLocked();
        if (!_overdue.Contains(item))
            _overdue.Add(item);
    }

    /// <summary>Frees the slots of answered items. True when the worker takes items again that it did not take before.</summary>
    internal bool FreeAnswered()
    {
        _engine.AssertLocked();
        bool wasOut = IsSilent || IsSpent;
        _slots.FreeAnswered();
        IsSilent = false;
        if (InFlight == 0 && State == WorkerState.Busy)
            MarkIdle();

        bool isBack = _overdue.Count > 0 && _overdue.RemoveAll(item => !Holds(item)) > 0 && _overdue.Count == 0;
        return isBack || (wasOut && !IsSpent);
    }

    /// <summary>After the exit: takes out the items that were in flight.</summary>
    internal List<RemoteItem> TakeItems()
    {
        _engine.AssertLocked();
        List<RemoteItem> items = _slots.TakeAll();
        // Out of rotation in the same moment: what was sent from here on would be lost with the memory.
        if (Life.IsUp)
            Life.MoveTo(WorkerState.Killing);

        return items;
    }

    /// <inheritdoc cref="AnswerReader.ReadFinished"/>
    internal void ReadFinished(RemoteItem item, Chunk chunk, byte* outcomes, nint length, int next) =>
        _answers.ReadFinished(item, chunk, outcomes, length, next);

    /// <inheritdoc cref="AnswerReader.TryRecoverElements"/>
    internal bool TryRecoverElements(RemoteItem item, Chunk chunk, int running) => _answers.TryRecoverElements(item, chunk, running);

    internal void Terminate() => _process?.Terminate();

    internal void Kill() => _process?.Kill();

    internal void SetLowestPriority() => _process?.SetLowestPriority();

    /// <summary>After the exit.</summary>
    internal void Dispose()
    {
        Deadline?.Dispose();
        Link.Dispose();
        _answers.Dispose();
        _process?.Dispose();
    }

    bool IMethodTarget.IsStarting => State == WorkerState.Starting;

    bool IMethodTarget.TryDefine(RemoteMethod remoteMethod, bool isAhead)
    {
        _engine.AssertLocked();
        return _sender.TryDefine(remoteMethod, isAhead ? FrameHeader.Ahead : 0);
    }

    bool IMethodTarget.Flush() => Link.Flush();

    void IMethodTarget.Wake() => Link.Wake();

    public void OnFrame(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Hello:
                _startup.OnConnected();
                _engine.OnHello(this);
                break;
            case FrameKind.Result when frame.Slot == FrameHeader.StartupSlot:
                _startup.OnAnswer(in frame);
                _engine.OnInitialized(this);
                break;
            case FrameKind.Result:
                _answers.OnResult(in frame);
                break;
            case FrameKind.Element:
                _answers.OnElement(in frame);
                break;
            case FrameKind.HandOver:
                _answers.OnHandOver(in frame);
                break;
            case FrameKind.Progress:
                _answers.OnProgress(in frame);
                break;
            default:
                throw new ProtocolException($"a worker sent a frame of kind {frame.Kind}");
        }
    }

    public void OnBatchEnd()
    {
        if (_slots.HasAnswers)
            _engine.OnAnswered(this);
    }

    public void OnEnding() => _engine.OnEnding(this);

    public void OnBroken(Exception cause)
    {
        Broken = cause;
        _engine.OnBroken(this, cause);
    }

    public void OnOutput(string line, bool isError)
    {
        if (isError)
            _errorTail.Add(line);
        _engine.Output.Forward(this, line, isError);
    }

    public void OnExited(ExitStatus status) => _engine.OnExited(this, status);

    /// <summary>What users see of it.</summary>
    internal WorkerSnapshot Snapshot()
    {
        _engine.AssertLocked();
        RemoteItem? oldest = null;
        TimeSpan age = TimeSpan.Zero;
        int element = 0;
        foreach (RemoteItem item in Items)
        {
            int progress = Link.ProgressOf(item.Slot, item.Sequence);
            if (progress < 0)
                continue; // lies ready

            TimeSpan elapsed = Stopwatch.GetElapsedTime(Link.StartedAt(item.Slot, item.Sequence));
            if (oldest is null || elapsed > age)
                (oldest, age, element) = (item, elapsed, progress);
        }

        return new WorkerSnapshot
        {
            Id = ProcessId,
            State = State,
            IsSpare = IsSpare,
            CurrentItem = oldest?.NameOf(element),
            CurrentItemAge = oldest is null ? TimeSpan.Zero : age,
            InFlight = InFlight,
            ItemsDone = ItemsDone,
        };
    }
}
