using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Telemetry;
using Tandem.Transport;

namespace Tandem.Work;

/// <summary>One call of a pool, from submission until its task completes.</summary>
[DebuggerDisplay("{Name}, {State}")]
internal abstract class WorkItem : IPollTarget, IObservedItem
{
    private int _state;
    private ItemDetails? _details;

    protected WorkItem(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            Details.CancellationToken = cancellationToken;
    }

    /// <summary>The caller's token.</summary>
    internal CancellationToken CancellationToken => _details?.CancellationToken ?? default;

    internal ItemState State => (ItemState)Volatile.Read(ref _state);

    public bool IsSettled => State == ItemState.Settled;

    /// <summary>Whether the item is a chunk of a map, whose elements settle one by one.</summary>
    internal virtual int ElementCount => 0;

    /// <summary>The first element of a chunk that has no outcome yet.</summary>
    internal virtual int FirstElement => 0;

    /// <summary>What only items of a pool of processes have.</summary>
    protected virtual ref Journey Journey => throw new InvalidOperationException("an item that stays in this process");

    /// <inheritdoc cref="Work.Journey.Next"/>
    internal WorkItem? Next { get => Journey.Next; set => Journey.Next = value; }

    /// <inheritdoc cref="Work.Journey.Holder"/>
    internal object? Holder { get => Journey.Holder; set => Journey.Holder = value; }

    /// <inheritdoc cref="Work.Journey.Shipment"/>
    internal ref Shipment Shipment => ref Journey.Shipment;

    /// <inheritdoc cref="Work.Journey.Sequence"/>
    internal ref uint Sequence => ref Journey.Sequence;

    /// <inheritdoc cref="Work.Journey.Attempt"/>
    internal ref int Attempt => ref Journey.Attempt;

    // The next three fill up a word, which is why they are here, and small.
    private ushort _slot;

    /// <summary>The slot of the worker's link that the item occupies.</summary>
    internal int Slot { get => _slot; set => _slot = (ushort)value; }

    /// <summary>Where the item is with regard to the bound of the queue. The admission's own.</summary>
    internal QueuePlace Place { get; set; }

    /// <summary>Whether the engine's queue holds it. The queue's own.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>What few items have.</summary>
    internal ItemDetails Details => _details ?? Interlocked.CompareExchange(ref _details, new ItemDetails(), null) ?? _details;

    internal ItemDetails? DetailsIfAny => _details;

    /// <inheritdoc cref="ItemDetails.AnswerLinks"/>
    internal Shipping.CallLinks AnswerLinks => _details?.AnswerLinks ?? Shipping.CallLinks.ForResults;

    /// <summary>Null for the many that have none.</summary>
    internal ItemLimits? Limits => _details?.Limits;

    internal string Name => _details?.Name ?? MethodName;

    string IObservedItem.Name => Name;

    int IObservedItem.ElementCount => ElementCount;

    /// <summary>The readable name of the method that it runs.</summary>
    protected abstract string MethodName { get; }

    /// <summary>The name of an element of a chunk; for a single call, its name.</summary>
    internal virtual string NameOf(int element) => Name;

    /// <summary>Moves from queued to assigned; false when the item was cancelled meanwhile.</summary>
    internal bool TryAssign() => Interlocked.CompareExchange(ref _state, (int)ItemState.Assigned, (int)ItemState.Queued) == (int)ItemState.Queued;

    /// <summary>Back to the queue, unstarted.</summary>
    internal bool TryRequeue() => Interlocked.CompareExchange(ref _state, (int)ItemState.Queued, (int)ItemState.Assigned) == (int)ItemState.Assigned;

    /// <summary>Claims the right to complete the task.</summary>
    protected bool TrySettle(Exception? error = null)
    {
        if (Interlocked.Exchange(ref _state, (int)ItemState.Settled) == (int)ItemState.Settled)
            return false;

        if (_details is { } details)
        {
            details.Release();
            EndObservation(details, error);
        }

        return true;
    }

    private void EndObservation(ItemDetails details, Exception? error)
    {
        try
        {
            details.Observation?.End(this, error);
        }
        catch (Exception)
        {
            // A listener's own failure: the item's task completes all the same, and the thread that completes it serves others.
        }
    }

    /// <summary>The item was settled and never runs, though a queue may hold it for a while: what its work captured is let go of.</summary>
    internal virtual void Abandon()
    {
    }

    /// <summary>Has <paramref name="engine"/> told when the caller's token is cancelled.</summary>
    internal void WatchCancellation(PoolEngine engine)
    {
        if (!CancellationToken.CanBeCanceled)
            return;

        Details.Keep(Background.OnCanceled(static state => state.Engine.OnItemCanceled(state.Item), (Engine: engine, Item: this), CancellationToken));
    }

    /// <summary>Has <paramref name="engine"/> told when the item has waited too long.</summary>
    internal void WatchQueueTimeout(PoolEngine engine, ItemLimits limits)
    {
        if (limits.QueueTimeout is { } limit)
            Details.KeepQueueDeadline(Background.Timer(() => engine.OnQueueTimeout(this), limit, e => SetException(e)));
    }

    /// <summary>An error that a worker sent, as the caller sees it: the memory limit and the item's name are known here only.</summary>
    internal Exception Explain(Exception error, int element)
    {
        if (error is RemoteWorkException or WorkSerializationException)
            ((WorkException)error).SetWorkItemName(NameOf(element));

        if (error is not OutOfMemoryException || Limits is not { MaxMemory: > 0 and var limit })
            return error;

        Details.RanOutOfMemory = true;
        return new WorkMemoryException(NameOf(element), limit, "an allocation was refused.", error);
    }

    /// <summary>Completes the task with the result that a worker sent.</summary>
    internal abstract void ReadResult(PayloadReader reader);

    /// <summary>Fails the task; false when it was over before.</summary>
    internal abstract bool SetException(Exception error);

    /// <summary>Cancels the task.</summary>
    internal abstract void SetCanceled(CancellationToken token);

    /// <summary>Of a chunk: where its present run began, and how many bytes of that run's outcomes have been read.</summary>
    internal virtual ref ChunkProgress Progress => throw new InvalidOperationException("no chunk");

    /// <summary>Of a chunk: its elements ran for so many stopwatch ticks more.</summary>
    internal virtual void AddElapsed(long ticks)
    {
    }

    /// <summary>Of a chunk: the worker died in this element.</summary>
    internal virtual void FailElement(int element, Exception error) => SetException(error);

    /// <summary>On threads: runs the work, and settles.</summary>
    internal virtual void RunLocally(object? state, CancellationToken aborted) => throw new InvalidOperationException("an item that travels");

    /// <summary>A worker sent outcomes of a chunk's elements, up to <paramref name="finished"/>.</summary>
    internal virtual void ReadElements(PayloadReader reader, int finished) => throw new ProtocolException("elements of an item that is no chunk");
}
