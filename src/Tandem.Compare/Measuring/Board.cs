using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Tandem.Compare.Measuring;

/// <summary>When and where an item ran. In shared memory, so that it is there when the process that wrote it is not.</summary>
internal struct ItemMark
{
    internal const long Failed = -1;

    /// <summary>Zero before the item starts.</summary>
    internal long Start;

    /// <summary>Zero until it has ended, and <see cref="Failed"/> when it has failed: such an item has no time that could be compared.</summary>
    internal long End;

    internal int ProcessId;
    internal int Slot;

    internal readonly bool IsRunning => Start != 0 && End == 0;
}

/// <summary>An item and its place in the run.</summary>
internal readonly record struct Numbered<T>(int Number, T Item);

/// <summary>What workers write on: a mark for each item of a run, read by whoever has made it.</summary>
internal sealed class Board : IDisposable
{
    private static readonly TimeSpan MeetingLimit = TimeSpan.FromSeconds(10);

    [ThreadStatic]
    private static (long Board, int Slot) t_slot;

    private readonly SharedArray<ItemMark> _marks;
    private readonly SharedCounter _slots = new();
    private readonly SharedCounter _arrived = new();
    private readonly long _id = Stopwatch.GetTimestamp();

    internal Board(int items) => _marks = new SharedArray<ItemMark>(items);

    /// <summary>How many items it has room for.</summary>
    internal int Capacity => (int)_marks.Length;

    internal Span<ItemMark> Marks => _marks.Span;

    /// <summary>In a worker: runs an item of the run, or of its warm-up, which has no number.</summary>
    internal TResult Run<TItem, TResult>(Numbered<TItem> item, Func<TItem, TResult> work)
    {
        Begin(item.Number);
        bool succeeded = false;
        try
        {
            TResult result = work(item.Item);
            succeeded = true;
            return result;
        }
        finally
        {
            End(item.Number, succeeded);
        }
    }

    /// <summary>The same for asynchronous work.</summary>
    internal async Task<TResult> RunAsync<TItem, TResult>(Numbered<TItem> item, Func<TItem, Task<TResult>> work)
    {
        Begin(item.Number);
        bool succeeded = false;
        try
        {
            TResult result = await work(item.Item).ConfigureAwait(false);
            succeeded = true;
            return result;
        }
        finally
        {
            End(item.Number, succeeded);
        }
    }

    /// <summary>In a worker: waits until so many have come, so that all workers take part; tells what its process has used when it goes on.</summary>
    internal ProcessUsage MeetBefore(int members)
    {
        _ = _arrived.Increment();
        Await(members);
        return ProcessUsage.Current();
    }

    /// <summary>The same, but tells what it had used when it came, so that no waiting is in what lies between the two.</summary>
    internal ProcessUsage MeetAfter(int members)
    {
        ProcessUsage usage = ProcessUsage.Current();
        _ = _arrived.Increment();
        Await(members);
        return usage;
    }

    /// <summary>Between two meetings.</summary>
    internal void Reset() => _ = _arrived.Exchange(0);

    public void Dispose()
    {
        _marks.Dispose();
        _slots.Dispose();
        _arrived.Dispose();
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Workers in other processes are met through shared memory, which gives no event.")]
    private void Await(int members)
    {
        long start = Stopwatch.GetTimestamp();
        while (_arrived.Value < members && Stopwatch.GetElapsedTime(start) < MeetingLimit)
            Thread.Sleep(1);
    }

    private void Begin(int number)
    {
        if (number < 0)
            return;

        ref ItemMark mark = ref _marks[number];
        mark.ProcessId = Environment.ProcessId;
        mark.Slot = Slot();
        Volatile.Write(ref mark.Start, Stopwatch.GetTimestamp());
    }

    private void End(int number, bool succeeded)
    {
        if (number >= 0)
            Volatile.Write(ref _marks[number].End, succeeded ? Stopwatch.GetTimestamp() : ItemMark.Failed);
    }

    private int Slot()
    {
        if (t_slot.Board != _id)
            t_slot = (_id, (int)_slots.Increment() - 1);

        return t_slot.Slot;
    }
}
