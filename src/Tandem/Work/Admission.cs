using System.Diagnostics.CodeAnalysis;

namespace Tandem.Work;

/// <summary>The bound of a pool's queue: lets items in, refuses them, or keeps them waiting outside, in order.</summary>
/// <param name="options">A queue without a bound costs nothing here.</param>
/// <param name="admit">Takes the items that waited outside.</param>
internal sealed class Admission(WorkerPoolOptions options, Action<WorkItem> admit)
{
    private readonly bool _bounded = options.QueueCapacity != int.MaxValue;
    private readonly LinkedList<WorkItem> _outside = new();
    private int _inside;

    /// <summary>Whether the item may be queued now; otherwise it waits outside, or is refused.</summary>
    internal bool TryEnter(WorkItem item, [MaybeNull] out Exception refused)
    {
        refused = null;
        if (IsFree(item))
            return true;

        lock (_outside)
        {
            if (_inside < options.QueueCapacity)
            {
                _inside++;
                return true;
            }

            if (options.QueueFullMode == QueueFullMode.Reject)
                refused = new QueueFullException(options.Name, options.QueueCapacity);
            else
                _outside.AddLast(item);

            return false;
        }
    }

    /// <summary>An item left the queue, for a worker or for good.</summary>
    internal void Leave(WorkItem item)
    {
        if (IsFree(item))
            return;

        WorkItem next;
        lock (_outside)
        {
            if (_outside.First is null)
            {
                _inside--;
                return;
            }

            next = _outside.First.Value;
            _outside.RemoveFirst();
        }

        admit(next);
    }

    /// <summary>A cancelled item no longer waits outside.</summary>
    internal void Forget(WorkItem item)
    {
        if (IsFree(item))
            return;

        lock (_outside)
        {
            for (LinkedListNode<WorkItem>? node = _outside.First; node is not null; node = node.Next)
            {
                if (ReferenceEquals(node.Value, item))
                {
                    _outside.Remove(node);
                    return;
                }
            }
        }
    }

    /// <summary>A map bounds itself by its look-ahead: its chunks do not count.</summary>
    private bool IsFree(WorkItem item) => !_bounded || item.ElementCount > 0;

    /// <summary>Empties what waits outside.</summary>
    internal List<WorkItem> Close()
    {
        lock (_outside)
        {
            List<WorkItem> items = [.. _outside];
            _outside.Clear();
            return items;
        }
    }
}
