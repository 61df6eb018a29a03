using Tandem.Work;

namespace Tandem.Processes;

/// <summary>
/// Items that wait for a worker: by priority, then first in, first out, except that those which come back go to the front of theirs.
/// Not synchronised.
/// </summary>
/// <remarks>
/// An item that is removed stays linked until its turn comes, but no longer counts. When more such items are linked than others, or no
/// others are, all of them are unlinked at once. So each removal costs the same, however long the queue is, and an item needs one link only.
/// </remarks>
internal sealed class ItemQueue
{
    private const int FewRemoved = 64;

    private readonly Line[] _lines = new Line[3];
    private int _removed;

    /// <summary>Items that wait.</summary>
    internal int Count { get; private set; }

    /// <summary>How many links were followed because of items that were removed.</summary>
    internal long Steps { get; private set; }

    /// <summary>What <see cref="Dequeue"/> would take.</summary>
    internal WorkItem? First => Count == 0 ? null : FirstLine.Head;

    internal void Enqueue(WorkItem item)
    {
        ref Line line = ref LineOf(item);
        item.Next = null;
        item.IsQueued = true;
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
        item.IsQueued = true;
        line.Head = item;
        line.Tail ??= item;
        Count++;
    }

    internal WorkItem? Dequeue()
    {
        if (Count == 0)
            return null;

        WorkItem item = Unlink(ref FirstLine);
        item.IsQueued = false;
        if (--Count == 0)
            UnlinkAll();

        return item;
    }

    /// <summary>An item does not wait any more, and must not come back. False when the queue does not hold it.</summary>
    internal bool Remove(WorkItem item)
    {
        if (!item.IsQueued)
            return false;

        item.IsQueued = false;
        Count--;
        _removed++;
        if (Count == 0)
            UnlinkAll();
        else if (_removed > FewRemoved && _removed > Count)
        {
            UnlinkRemoved();
        }

        return true;
    }

    private static WorkItem Unlink(ref Line line)
    {
        WorkItem item = line.Head!;
        line.Head = item.Next;
        if (item.Next is null)
            line.Tail = null;

        item.Next = null;
        return item;
    }

    /// <summary>When no item waits: none may have a turn for hours, and what was removed must not be held so long.</summary>
    private void UnlinkAll()
    {
        Array.Clear(_lines);
        _removed = 0;
    }

    private void UnlinkRemoved()
    {
        foreach (ref Line line in _lines.AsSpan())
        {
            WorkItem? last = null;
            for (WorkItem? item = line.Head, next; item is not null; item = next)
            {
                Steps++;
                next = item.Next;
                if (item.IsQueued)
                {
                    last = item;
                    continue;
                }

                item.Next = null;
                if (last is null)
                    line.Head = next;
                else
                    last.Next = next;
            }

            line.Tail = last;
        }

        _removed = 0;
    }

    /// <summary>The first line in which somebody waits; there must be one. What was removed is out of its way.</summary>
    private ref Line FirstLine
    {
        get
        {
            for (int i = 0; ; i++)
            {
                ref Line line = ref _lines[i];
                while (line.Head is { IsQueued: false })
                {
                    Unlink(ref line);
                    _removed--;
                    Steps++;
                }

                if (line.Head is not null)
                    return ref line;
            }
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
