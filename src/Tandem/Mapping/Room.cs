namespace Tandem.Mapping;

/// <summary>Counts how many items may still be read; the reader waits while they are too few.</summary>
internal sealed class Room
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiting;
    private long _items;
    private int _wanted;

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

    internal int Take()
    {
        lock (_lock)
        {
            int taken = (int)Math.Min(_items, int.MaxValue / 2);
            _items = 0;
            return taken;
        }
    }

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
