using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Tandem.Compare.Measuring;

/// <summary>Shared memory in which workers write a mark for each item of a run. The process that created it reads the marks.</summary>
internal sealed class ItemBoard : IDisposable
{
    private static readonly TimeSpan MeetingLimit = TimeSpan.FromSeconds(10);

    [ThreadStatic]
    private static (long Board, int Slot) t_slot;

    private readonly SharedArray<ItemMark> _marks; // one mark per item
    private readonly SharedCounter _slots = new(); // how many threads have got a slot
    private readonly SharedCounter _arrived = new(); // how many workers have arrived at the current meeting
    private readonly long _id = Stopwatch.GetTimestamp(); // identifies this board in t_slot

    internal ItemBoard(int items) => _marks = new SharedArray<ItemMark>(items);

    /// <summary>The maximum number of items.</summary>
    internal int Capacity => (int)_marks.Length;

    internal Span<ItemMark> Marks => _marks.Span;

    /// <summary>In a worker: runs an item of the run, or of its warm-up, whose items have no index.</summary>
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

    /// <summary>
    /// In a worker: waits until a number of workers have arrived, so that all workers take part; then returns the usage of its process.
    /// </summary>
    internal ProcessUsage MeetBefore(int members)
    {
        _ = _arrived.Increment();
        Await(members);
        return ProcessUsage.Current();
    }

    /// <summary>Like <see cref="MeetBefore"/>, but returns the usage at the arrival, so that the wait is not measured.</summary>
    internal ProcessUsage MeetAfter(int members)
    {
        ProcessUsage usage = ProcessUsage.Current();
        _ = _arrived.Increment();
        Await(members);
        return usage;
    }

    /// <summary>Resets the number of arrivals, between two meetings.</summary>
    internal void Reset() => _ = _arrived.Exchange(0);

    public void Dispose()
    {
        _marks.Dispose();
        _slots.Dispose();
        _arrived.Dispose();
    }

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "Workers in other processes are met through shared memory, which gives no event.")]
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
