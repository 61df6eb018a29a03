using Tandem.Work;

namespace Tandem.Processes;

/// <summary>Items that wait for a worker: first in, first out, except that those which come back go to the front. Not synchronised.</summary>
internal sealed class ItemQueue
{
    private WorkItem? _head;
    private WorkItem? _tail;

    internal int Count { get; private set; }

    internal void Enqueue(WorkItem item)
    {
        item.Next = null;
        if (_tail is null)
            _head = item;
        else
            _tail.Next = item;

        _tail = item;
        Count++;
    }

    internal void EnqueueFirst(WorkItem item)
    {
        item.Next = _head;
        _head = item;
        _tail ??= item;
        Count++;
    }

    internal WorkItem? Dequeue()
    {
        WorkItem? item = _head;
        if (item is null)
            return null;

        _head = item.Next;
        if (_head is null)
            _tail = null;

        item.Next = null;
        Count--;
        return item;
    }
}
