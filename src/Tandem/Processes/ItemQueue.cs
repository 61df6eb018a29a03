using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Items that wait for a worker: by priority, then first in, first out, except that those which come back go to the front of theirs.
/// Not synchronised.
/// </summary>
internal sealed class ItemQueue
{
    private readonly Line[] _lines = new Line[3];

    internal int Count { get; private set; }

    /// <summary>What <see cref="Dequeue"/> would take.</summary>
    internal WorkItem? First
    {
        get
        {
            foreach (ref readonly Line line in _lines.AsSpan())
            {
                if (line.Head is { } item)
                    return item;
            }

            return null;
        }
    }

    internal void Enqueue(WorkItem item)
    {
        ref Line line = ref LineOf(item);
        item.Next = null;
        if (line.Tail is null)
            line.Head = item;
        else
            line.Tail.Next = item;

        line.Tail = item;
        Count++;
    }

    internal void EnqueueFirst(WorkItem item)
    {
        ref Line line = ref LineOf(item);
        item.Next = line.Head;
        line.Head = item;
        line.Tail ??= item;
        Count++;
    }

    internal WorkItem? Dequeue()
    {
        for (int i = 0; Count > 0 && i < _lines.Length; i++)
        {
            if (_lines[i].Head is not { } item)
                continue;

            _lines[i].Head = item.Next;
            if (item.Next is null)
                _lines[i].Tail = null;

            item.Next = null;
            Count--;
            return item;
        }

        return null;
    }

    // The highest priority is the first line.
    private ref Line LineOf(WorkItem item) => ref _lines[WorkPriority.High - (item.Limits?.Priority ?? WorkPriority.Normal)];

    private struct Line
    {
        internal WorkItem? Head;
        internal WorkItem? Tail;
    }
}
