using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>
/// An element of a pool's queue, from submission until it is settled: a call, or a chunk of a map. This class contains what all engines
/// need. Each engine creates items of its own class, which contains the work and the item's place.
/// </summary>
[DebuggerDisplay("{Name}, {State}")]
internal abstract class WorkItem : IObservedItem
{
    private ItemDetails? _details; // created on first use
    private int _state; // the ItemState, changed by exchange

    protected WorkItem(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            Details.CancellationToken = cancellationToken;
    }

    /// <summary>The caller's token.</summary>
    internal CancellationToken CancellationToken => _details?.CancellationToken ?? default;

    internal ItemState State => (ItemState)Volatile.Read(ref _state);

    public bool IsSettled => State == ItemState.Settled;

    /// <summary>The chunk whose elements this item runs; null for a call.</summary>
    internal virtual Chunk? Chunk => null;

    /// <summary>The number of elements in its chunk; 0 for a call.</summary>
    internal int ElementCount => Chunk?.Count ?? 0;

    /// <summary>The first element of its chunk that has no outcome yet; 0 for a call.</summary>
    internal int FirstElement => Chunk?.FirstElement ?? 0;

    /// <summary>Whether the item takes a place in the queue. Only the admission uses it.</summary>
    internal QueuePlace Place { get; set; }

    /// <summary>The data that only few items have; created on first use.</summary>
    internal ItemDetails Details => _details ?? Interlocked.CompareExchange(ref _details, new ItemDetails(), null) ?? _details;

    internal ItemDetails? DetailsIfAny => _details;

    /// <summary>The limits; null for most items.</summary>
    internal ItemLimits? Limits => _details?.Limits;

    internal string Name => _details?.Name ?? MethodName;

    string IObservedItem.Name => Name;

    int IObservedItem.ElementCount => ElementCount;

    /// <summary>The readable name of the method that runs.</summary>
    protected abstract string MethodName { get; }

    /// <summary>Returns the name of an element of the chunk; for a call, its own name.</summary>
    internal string NameOf(int element) => Chunk is { } chunk ? chunk.NameOf(element) : Name;

    /// <summary>Changes the state from queued to assigned. False if the item was cancelled meanwhile.</summary>
    internal bool TryAssign() =>
        Interlocked.CompareExchange(ref _state, (int)ItemState.Assigned, (int)ItemState.Queued) == (int)ItemState.Queued;

    /// <summary>Changes the state from assigned back to queued, for an item that was not started.</summary>
    internal bool TryRequeue() =>
        Interlocked.CompareExchange(ref _state, (int)ItemState.Queued, (int)ItemState.Assigned) == (int)ItemState.Assigned;

    /// <summary>Claims the right to complete the call's task, or the chunk. False if the item was settled before.</summary>
    internal bool TrySettle(Exception? error = null)
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

    /// <summary>Called when the task of the call is complete, which is after the item was settled.</summary>
    internal void OnTaskCompleted() => _details?.LongCall?.OnCompleted();

    private void EndObservation(ItemDetails details, Exception? error)
    {
        try
        {
            details.Observation?.End(this, error);
        }
        catch (Exception)
        {
            // A listener has failed. The item completes anyway, and the thread that completes it also serves other items.
        }
    }

    /// <summary>Notifies <paramref name="engine"/> when the caller's token is cancelled.</summary>
    internal void WatchCancellation(PoolEngine engine)
    {
        if (!CancellationToken.CanBeCanceled)
            return;

        Details.Keep(Background.OnCanceled(
            static state => state.Engine.OnItemCanceled(state.Item), (Engine: engine, Item: this), CancellationToken));
    }

    /// <summary>Notifies <paramref name="engine"/> when tokens are cancelled that the work captured, if it was serialized.</summary>
    internal void WatchTokens(PoolEngine engine)
    {
        if (_details?.Links is not { } links)
            return;

        for (int i = 0; i < links.Tokens.Count; i++)
        {
            if (links.Tokens[i].CanBeCanceled)
            {
                Details.Keep(Background.OnCanceled(
                    static state => state.Engine.OnTokenCanceled(state.Item, state.Number),
                    (Engine: engine, Item: this, Number: i),
                    links.Tokens[i]));
            }
        }
    }

    /// <summary>Notifies <paramref name="engine"/> when the item has waited too long.</summary>
    internal void WatchQueueTimeout(PoolEngine engine, ItemLimits limits)
    {
        if (limits.QueueTimeout is { } limit)
            Details.KeepQueueDeadline(Background.Timer(engine.Time, () => engine.OnQueueTimeout(this), limit, e => SetException(e)));
    }

    /// <summary>Adds to an error that a worker sent what only this process knows: the item's name and its memory limit.</summary>
    internal Exception Explain(Exception error, int element)
    {
        if (error is RemoteWorkException or WorkSerializationException)
            ((WorkException)error).SetWorkItemName(NameOf(element));

        if (error is not OutOfMemoryException || Limits is not { MaxMemory: > 0 and var limit })
            return error;

        Details.RanOutOfMemory = true;
        return new WorkMemoryException(NameOf(element), limit, "an allocation was refused.", error);
    }

    /// <summary>Fails the call, or all elements of the chunk that have no outcome yet. False if the item was settled before.</summary>
    internal abstract bool SetException(Exception error);

    /// <summary>Cancels the call, or all elements of the chunk that have no outcome yet.</summary>
    internal abstract void SetCanceled(CancellationToken token);
}
