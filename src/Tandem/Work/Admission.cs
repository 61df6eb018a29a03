using System.Diagnostics;

namespace Tandem.Work;

/// <summary>The bound of a pool's queue: lets items in, refuses them, or keeps them waiting outside, in order.</summary>
/// <remarks>
/// An item gives its place back once: when it leaves for a worker, or when it is cancelled or expires. What comes back from a worker
/// does not take a place again.
/// </remarks>
/// <typeparam name="TItem">The items that the pool's engine makes.</typeparam>
/// <param name="options">A queue without a bound costs nothing here.</param>
/// <param name="admit">Takes the items that waited outside.</param>
internal sealed class Admission<TItem>(WorkerPoolOptions options, Action<TItem> admit)
    where TItem : WorkItem
{
    private readonly bool _bounded = options.QueueCapacity != int.MaxValue;
    private readonly LinkedList<WorkItem> _outside = new();
    private int _inside;
    private bool _closed;

    /// <summary>Whether anything waits outside.</summary>
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

    /// <summary>An item comes.</summary>
    internal Entry Enter(TItem item)
    {
        if (IsFree(item))
            return Entry.Granted;

        lock (_outside)
        {
            // Who cancels it comes here after that, or has been here.
            if (item.State != ItemState.Queued)
                return Entry.Void;

            Debug.Assert(_outside.Count == 0 || _inside >= options.QueueCapacity, "Items wait outside of a queue that has room.");
            // The engine refuses what comes after its end.
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
            // Only an item that has a token or a limit can leave before its turn.
            if (item.DetailsIfAny is { } details)
                details.Outside = node;
            return Entry.Waits;
        }
    }

    /// <summary>The error for an item that was refused.</summary>
    internal QueueFullException Full(WorkItem item) => new(options.Name, options.QueueCapacity) { WorkItemName = item.NameOf(0) };

    /// <summary>An item left the queue, for a worker or for good: the first that waits outside gets its place.</summary>
    /// <returns>False when the item never got as far as the queue: it waited outside.</returns>
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

    /// <summary>A map bounds itself by its look-ahead: its chunks do not count.</summary>
    private bool IsFree(TItem item) => !_bounded || item.Chunk is not null;

    /// <summary>Empties what waits outside. From then on nothing waits there.</summary>
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
