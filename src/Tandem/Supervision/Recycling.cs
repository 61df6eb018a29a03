using System.Globalization;
using Tandem.Events;
using Tandem.Interop;

namespace Tandem.Supervision;

/// <summary>When one worker is due to be replaced. The limits are spread below their values, so that not all workers are due at once.</summary>
internal sealed class Recycling
{
    private readonly long _items;
    private readonly long _memory;
    private readonly TimeSpan _age;
    private readonly TimeProvider _time;
    private readonly long _born;

    private Recycling(WorkerPoolOptions options, TimeProvider time)
    {
        _time = time;
        _born = time.GetTimestamp();
        double share = 1 - Random.Shared.NextDouble() * options.RecycleJitter;
        _items = options.MaxItemsPerWorker is { } items ? Math.Max(1, (long)Math.Ceiling(items * share)) : long.MaxValue;
        _memory = options.MaxWorkerMemory is { } memory ? (long)(memory * share) : long.MaxValue;
        _age = options.MaxWorkerAge is { } age ? age * share : TimeSpan.MaxValue;
    }

    /// <summary>Null where workers are never replaced.</summary>
    internal static Recycling? Create(WorkerPoolOptions options, TimeProvider time) =>
        options.MaxItemsPerWorker is null && options.MaxWorkerMemory is null && options.MaxWorkerAge is null ? null : new Recycling(options, time);

    /// <summary>Why the worker is due; null when it is not.</summary>
    /// <param name="processId">The worker.</param>
    /// <param name="itemsDone">How many items it has run.</param>
    /// <param name="detail">The same in words.</param>
    /// <param name="isUrgent">Whether it may take no other item, rather than go on until its successor is there.</param>
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
