namespace Tandem;

/// <summary>Thrown if a worker cannot be started. The message says what to do. The inner exception is the cause, if there is one.</summary>
public sealed class WorkerStartException : WorkException
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause; <see langword="null"/> for none.</param>
    public WorkerStartException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>How far the start came before it failed.</summary>
    internal StartFailureKind Failure { get; init; }
}
