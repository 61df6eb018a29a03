using System.Diagnostics.CodeAnalysis;

namespace Tandem.Work;

/// <summary>The bound of a pool's queue: lets items in, refuses them, or keeps them waiting outside, in order.</summary>
/// <param name="options">A queue without a bound costs nothing here.</param>
internal sealed class Admission(WorkerPoolOptions options)
{
    private readonly bool _bounded = options.QueueCapacity != int.MaxValue;
    private readonly LinkedList<(WorkItem Item, Action<WorkItem> Admit)> _outside = new();
    private int _inside;

    /// <summary>Whether the item may be queued now; otherwise it waits to be passed to <paramref name="admit"/>, or is refused.</summary>
    internal bool TryEnter(WorkItem item, Action<WorkItem> admit, [MaybeNull] out Exception refused)
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
                _outside.AddLast((item, admit));

            return false;
        }
    }

    /// <summary>An item left the queue, for a worker or for good.</summary>
    internal void Leave(WorkItem item)
    {
        if (IsFree(item))
            return;

        (WorkItem Item, Action<WorkItem> Admit) next;
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

        next.Admit(next.Item);
    }

    /// <summary>A cancelled item no longer waits outside.</summary>
    internal void Forget(WorkItem item)
    {
        if (IsFree(item))
            return;

        lock (_outside)
        {
            for (LinkedListNode<(WorkItem Item, Action<WorkItem> Admit)>? node = _outside.First; node is not null; node = node.Next)
            {
                if (ReferenceEquals(node.Value.Item, item))
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
            List<WorkItem> items = [.. _outside.Select(waiting => waiting.Item)];
            _outside.Clear();
            return items;
        }
    }
}
