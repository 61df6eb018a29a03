using System.Globalization;
using Tandem.Events;
using Tandem.Interop;

namespace Tandem.Supervision;

/// <summary>
/// Decides when a worker is due to be replaced. Each worker's limits are randomly reduced, so that not all workers are due at once.
/// </summary>
internal sealed class Recycling
{
    private readonly long _items; // the limits of this worker, after the reduction
    private readonly long _memory; // in bytes
    private readonly TimeSpan _age; // see _items
    private readonly TimeProvider _time; // the clock
    private readonly long _born; // the timestamp of the worker's start

    private Recycling(ProcessPoolOptions options, TimeProvider time)
    {
        _time = time;
        _born = time.GetTimestamp();
        double share = 1 - Random.Shared.NextDouble() * options.RecycleJitter;
        _items = options.MaxItemsPerWorker is { } items ? Math.Max(1, (long)Math.Ceiling(items * share)) : long.MaxValue;
        _memory = options.MaxWorkerMemory is { } memory ? (long)(memory * share) : long.MaxValue;
        _age = options.MaxWorkerAge is { } age ? age * share : TimeSpan.MaxValue;
    }

    /// <summary>Creates an object for a worker; null if workers are never replaced.</summary>
    internal static Recycling? Create(ProcessPoolOptions options, TimeProvider time) =>
        options.MaxItemsPerWorker is null && options.MaxWorkerMemory is null && options.MaxWorkerAge is null
            ? null
            : new Recycling(options, time);

    /// <summary>Returns why the worker is due; null if it is not.</summary>
    /// <param name="processId">The process id of the worker.</param>
    /// <param name="itemsDone">How many items the worker has run.</param>
    /// <param name="detail">The reason as text.</param>
    /// <param name="isUrgent">Whether the worker must get no more items, instead of running until its successor is ready.</param>
    internal string? Reason(int processId, long itemsDone, out string detail, out bool isUrgent)
    {
        detail = "";
        isUrgent = false;
        if (itemsDone >= _items)
        {
            detail = string.Create(CultureInfo.InvariantCulture, $"It has run {itemsDone} items.");
            return EventReason.Items;
        }

        if (_age != TimeSpan.MaxValue && _time.GetElapsedTime(_born) is { } age && age >= _age)
        {
            detail = string.Create(CultureInfo.InvariantCulture, $"It is {age.TotalSeconds:0.#} s old.");
            return EventReason.Age;
        }

        if (_memory == long.MaxValue || ProcessMemory.PrivateBytes(processId) is var memory && memory < _memory)
            return null;

        isUrgent = true;
        detail = $"It holds {ProcessMemory.Display(memory)}.";
        return EventReason.Memory;
    }
}
