namespace Tandem;

/// <summary>Thrown for a call that the pool's full queue rejects (<see cref="QueueFullMode.Reject"/>).</summary>
public sealed class QueueFullException : Exception
{
    internal QueueFullException(string pool, int capacity)
        : base($"The queue of '{pool}' is full: {capacity} items wait. Await calls before making more, raise "
            + $"{nameof(WorkerPoolOptions)}.{nameof(WorkerPoolOptions.QueueCapacity)}, or use {nameof(QueueFullMode)}.{nameof(QueueFullMode.Wait)}.") =>
        Capacity = capacity;

    /// <summary>The queue's capacity, in items.</summary>
    public int Capacity { get; }
}
