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
    internal WorkItem? First => Count == 0 ? null : FirstLine.Head;

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
        if (Count == 0)
            return null;

        ref Line line = ref FirstLine;
        WorkItem item = line.Head!;
        line.Head = item.Next;
        if (item.Next is null)
            line.Tail = null;

        item.Next = null;
        Count--;
        return item;
    }

    /// <summary>The first line in which somebody waits; there must be one.</summary>
    private ref Line FirstLine
    {
        get
        {
            int i = 0;
            while (_lines[i].Head is null)
                i++;

            return ref _lines[i];
        }
    }

    // The highest priority is the first line.
    private ref Line LineOf(WorkItem item) => ref _lines[WorkPriority.High - (item.Limits?.Priority ?? WorkPriority.Normal)];

    private struct Line
    {
        internal WorkItem? Head;
        internal WorkItem? Tail;
    }
}
