using System.Diagnostics;
using Tandem.BackgroundWork;
using Tandem.Telemetry;

namespace Tandem.Work;

/// <summary>
/// What a pool's queue holds, from submission until it is settled: a call, or a chunk of a map. Here is what all engines need of it. Each
/// engine makes items of a class of its own, which has the rest: what runs, and where it is.
/// </summary>
[DebuggerDisplay("{Name}, {State}")]
internal abstract class WorkItem : IObservedItem
{
    private ItemDetails? _details;
    private int _state;

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

    /// <summary>How many elements its chunk has; 0 for a call.</summary>
    internal int ElementCount => Chunk?.Count ?? 0;

    /// <summary>The first element of its chunk that has no outcome yet; 0 for a call.</summary>
    internal int FirstElement => Chunk?.FirstElement ?? 0;

    /// <summary>Where the item is with regard to the bound of the queue. The admission's own.</summary>
    internal QueuePlace Place { get; set; }

    /// <summary>What few items have.</summary>
    internal ItemDetails Details => _details ?? Interlocked.CompareExchange(ref _details, new ItemDetails(), null) ?? _details;

    internal ItemDetails? DetailsIfAny => _details;

    /// <summary>Null for the many that have none.</summary>
    internal ItemLimits? Limits => _details?.Limits;

    internal string Name => _details?.Name ?? MethodName;

    string IObservedItem.Name => Name;

    int IObservedItem.ElementCount => ElementCount;

    /// <summary>The readable name of the method that it runs.</summary>
    protected abstract string MethodName { get; }

    /// <summary>The name of an element of its chunk; for a call, its name.</summary>
    internal string NameOf(int element) => Chunk is { } chunk ? chunk.NameOf(element) : Name;

    /// <summary>Moves from queued to assigned; false when the item was cancelled meanwhile.</summary>
    internal bool TryAssign() => Interlocked.CompareExchange(ref _state, (int)ItemState.Assigned, (int)ItemState.Queued) == (int)ItemState.Queued;

    /// <summary>Back to the queue, unstarted.</summary>
    internal bool TryRequeue() => Interlocked.CompareExchange(ref _state, (int)ItemState.Queued, (int)ItemState.Assigned) == (int)ItemState.Assigned;

    /// <summary>Claims the right to complete the call's task, or the chunk; false when somebody has it.</summary>
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

    /// <summary>Has <paramref name="engine"/> told when the caller's token is cancelled.</summary>
    internal void WatchCancellation(PoolEngine engine)
    {
        if (!CancellationToken.CanBeCanceled)
            return;

        Details.Keep(Background.OnCanceled(static state => state.Engine.OnItemCanceled(state.Item), (Engine: engine, Item: this), CancellationToken));
    }

    /// <summary>Has <paramref name="engine"/> told when tokens are cancelled that the work captured, if it was serialized.</summary>
    internal void WatchTokens(PoolEngine engine)
    {
        if (_details?.Links is not { } links)
            return;

        for (int i = 0; i < links.Tokens.Count; i++)
        {
            if (links.Tokens[i].CanBeCanceled)
            {
                Details.Keep(Background.OnCanceled(
                    static state => state.Engine.OnTokenCanceled(state.Item, state.Number), (Engine: engine, Item: this, Number: i), links.Tokens[i]));
            }
        }
    }

    /// <summary>Has <paramref name="engine"/> told when the item has waited too long.</summary>
    internal void WatchQueueTimeout(PoolEngine engine, ItemLimits limits)
    {
        if (limits.QueueTimeout is { } limit)
            Details.KeepQueueDeadline(Background.Timer(engine.Time, () => engine.OnQueueTimeout(this), limit, e => SetException(e)));
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

    /// <summary>Fails the call, or all elements of the chunk that have no outcome yet; false when the item was settled before.</summary>
    internal abstract bool SetException(Exception error);

    /// <summary>Cancels the call, or all elements of the chunk that have no outcome yet.</summary>
    internal abstract void SetCanceled(CancellationToken token);
}
