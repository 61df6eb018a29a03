namespace Tandem.Mapping;

/// <summary>Counts how many more items may be read. The reader waits while there are too few.</summary>
internal sealed class LookAheadBudget
{
    private readonly Lock _lock = new(); // guards all fields below
    private TaskCompletionSource? _waiting; // the waiting reader; null for none
    private long _items; // items that may be read
    private int _wanted; // how many the reader waits for

    /// <summary>Adds items that may be read, and wakes the reader if there are enough.</summary>
    internal void Add(int items)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _items += items;
            if (_items < _wanted)
                return;

            waiting = _waiting;
            _waiting = null;
        }

        waiting?.TrySetResult();
    }

    /// <summary>Takes all items that may be read.</summary>
    internal int Take()
    {
        lock (_lock)
        {
            int taken = (int)Math.Min(_items, int.MaxValue / 2);
            _items = 0;
            return taken;
        }
    }

    /// <summary>Waits until a minimum number of items may be read.</summary>
    internal Task WaitAsync(int atLeast)
    {
        lock (_lock)
        {
            if (_items >= atLeast)
                return Task.CompletedTask;

            _wanted = atLeast;
            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }
}
