using System.Diagnostics;

namespace Tandem.Processes;

/// <summary>
/// Items that wait for a worker: by priority, then first in, first out, except that those which come back go to the front of theirs.
/// Not synchronised.
/// </summary>
/// <remarks>
/// An item that is removed stays linked until its turn comes, but no longer counts. When more such items are linked than others, or no
/// others are, all of them are unlinked at once. So each removal costs the same, however long the queue is, and an item needs one link
/// only.
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
    internal RemoteItem? First => Count == 0 ? null : FirstLine.Head;

    /// <summary>What holds between two calls.</summary>
    [Conditional("DEBUG")]
    internal void AssertInvariants()
    {
        Debug.Assert(Count >= 0 && _removed >= 0, $"{Count} items wait, and {_removed} were removed.");
        foreach (Line line in _lines)
            Debug.Assert((line.Head is null) == (line.Tail is null), "A line has only one end.");
    }

    internal void Enqueue(RemoteItem item)
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

    internal void EnqueueFirst(RemoteItem item)
    {
        ref Line line = ref LineOf(item);
        item.Next = line.Head;
        item.IsQueued = true;
        line.Head = item;
        line.Tail ??= item;
        Count++;
    }

    internal RemoteItem? Dequeue()
    {
        if (Count == 0)
            return null;

        RemoteItem item = Unlink(ref FirstLine);
        item.IsQueued = false;
        if (--Count == 0)
            UnlinkAll();

        return item;
    }

    /// <summary>An item does not wait any more, and must not come back. False when the queue does not hold it.</summary>
    internal bool Remove(RemoteItem item)
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

    private static RemoteItem Unlink(ref Line line)
    {
        RemoteItem item = line.Head!;
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
            RemoteItem? last = null;
            for (RemoteItem? item = line.Head, next; item is not null; item = next)
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
    private ref Line LineOf(RemoteItem item) => ref _lines[WorkPriority.High - (item.Limits?.Priority ?? WorkPriority.Normal)];

    private struct Line
    {
        internal RemoteItem? Head;
        internal RemoteItem? Tail;
    }
}
