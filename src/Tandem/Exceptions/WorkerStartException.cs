namespace Tandem;

/// <summary>Thrown when a worker cannot be started; says what to do. The inner exception is the cause where there is one.</summary>
public sealed class WorkerStartException : Exception
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public WorkerStartException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>How far the start came.</summary>
    internal StartFailureKind Failure { get; init; }
}

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
