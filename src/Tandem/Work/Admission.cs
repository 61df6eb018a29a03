using System.Diagnostics;

namespace Tandem.Work;

/// <summary>The limit of a pool's queue: admits items, rejects them, or keeps them waiting outside, in order.</summary>
/// <remarks>
/// An item releases its place once: when a worker takes it, or when it is cancelled or expires. An item that comes back from a worker does
/// not take a place again.
/// </remarks>
/// <typeparam name="TItem">The class of items that the pool's engine creates.</typeparam>
/// <param name="options">The options of the pool. A queue without a limit costs nothing here.</param>
/// <param name="admit">Called with each item that has waited outside and gets a place.</param>
internal sealed class Admission<TItem>(WorkerPoolOptions options, Action<TItem> admit)
    where TItem : WorkItem
{
    private readonly bool _bounded = options.QueueCapacity != int.MaxValue; // whether the queue has a limit
    private readonly LinkedList<WorkItem> _outside = new(); // items that wait for a place, in order; also the lock of all fields below
    private int _inside; // places that are taken
    private bool _closed; // whether Close was called; no item waits outside afterwards

    /// <summary>Whether items wait outside.</summary>
    internal bool HasWaiting
    {
        get
        {
            if (!_bounded)
                return false;

            lock (_outside)
                return _outside.Count > 0;
        }
    }

    /// <summary>Called for each submitted item: says whether it may be queued.</summary>
    internal Entry Enter(TItem item)
    {
        if (IsFree(item))
            return Entry.Granted;

        lock (_outside)
        {
            // The thread that cancels the item calls Leave: either after this, or it has done so already.
            if (item.State != ItemState.Queued)
                return Entry.Void;

            Debug.Assert(_outside.Count == 0 || _inside >= options.QueueCapacity, "Items wait outside of a queue that has room.");
            // After Close, the engine itself rejects items.
            if (_closed || _inside < options.QueueCapacity)
            {
                _inside++;
                item.Place = QueuePlace.Inside;
                return Entry.Granted;
            }

            if (options.QueueFullMode == QueueFullMode.Reject)
                return Entry.Refused;

            item.Place = QueuePlace.Outside;
            LinkedListNode<WorkItem> node = _outside.AddLast(item);
            // Only items with a token or a limit can leave before their turn.
            if (item.DetailsIfAny is { } details)
                details.Outside = node;
            return Entry.Waits;
        }
    }

    /// <summary>Creates the error for an item that was rejected.</summary>
    internal QueueFullException Full(WorkItem item) => new(options.Name, options.QueueCapacity) { WorkItemName = item.NameOf(0) };

    /// <summary>Called when an item leaves the queue, for a worker or for good. The first item that waits outside gets its place.</summary>
    /// <returns>False if the item was not in the queue but waited outside.</returns>
    internal bool Leave(TItem item)
    {
        if (IsFree(item))
            return true;

        TItem next;
        lock (_outside)
        {
            QueuePlace place = item.Place;
            item.Place = QueuePlace.None;
            if (place == QueuePlace.Outside)
            {
                _outside.Remove(item.Details.Outside!);
                item.Details.Outside = null;
                return false;
            }

            if (place == QueuePlace.None)
                return true;

            if (_outside.First is not { } first)
            {
                _inside--;
                Debug.Assert(_inside >= 0);
                return true;
            }

            next = (TItem)first.Value;
            _outside.RemoveFirst();
            next.Place = QueuePlace.Inside;
            if (next.DetailsIfAny is { } details)
                details.Outside = null;
        }

        admit(next);
        return true;
    }

    /// <summary>Whether the item takes no place. The chunks of a map take none, because the map's look-ahead limits them.</summary>
    private bool IsFree(TItem item) => !_bounded || item.Chunk is not null;

    /// <summary>Removes and returns the items that wait outside. No item waits outside from then on.</summary>
    internal List<TItem> Close()
    {
        lock (_outside)
        {
            List<TItem> items = [.. _outside.Cast<TItem>()];
            _outside.Clear();
            _closed = true;
            foreach (TItem item in items)
                item.Place = QueuePlace.None;

            return items;
        }
    }
}
