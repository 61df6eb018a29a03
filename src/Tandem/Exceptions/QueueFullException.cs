namespace Tandem;

/// <summary>Thrown if a call is rejected because the queue of the pool is full (<see cref="QueueFullMode.Reject"/>).</summary>
public sealed class QueueFullException : WorkException
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause; <see langword="null"/> for none.</param>
    public QueueFullException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    internal QueueFullException(string pool, int capacity)
        : base($"The queue of '{pool}' is full: {capacity} items wait. Await calls before making more, raise "
            + $"{nameof(WorkerPoolOptions)}.{nameof(WorkerPoolOptions.QueueCapacity)}, "
            + $"or use {nameof(QueueFullMode)}.{nameof(QueueFullMode.Wait)}.") =>
        Capacity = capacity;

    /// <summary>The capacity of the queue, in items.</summary>
    public int Capacity { get; init; }
}
