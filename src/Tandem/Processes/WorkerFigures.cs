using Tandem.Events;

namespace Tandem.Processes;

/// <summary>What has gone through one worker. Each figure has one writer at a time; every thread may read them.</summary>
internal sealed class WorkerFigures
{
    private long _items; // answered, elements of chunks included
    private long _sent; // bytes of items
    private long _received; // bytes of answers

    /// <summary>Items that the worker has answered, elements of chunks included.</summary>
    internal long Items => Volatile.Read(ref _items);

    internal PoolTraffic Traffic => new(Items, Volatile.Read(ref _sent), Volatile.Read(ref _received));

    /// <summary>Called under the engine's lock: an item was sent.</summary>
    internal void AddSent(long bytes) => _sent += bytes;

    /// <summary>Called by the thread that reads the worker's frames: items were answered.</summary>
    internal void AddAnswered(int items, long bytes)
    {
        _items += items;
        _received += bytes;
    }
}
