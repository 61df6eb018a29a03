using Tandem.Interop;

namespace Tandem;

/// <summary>Thrown for a work item whose worker process needed more memory than <see cref="WorkLimits.MaxMemory"/>.</summary>
/// <remarks>
/// This is not an <see cref="OutOfMemoryException"/>, because this process has enough memory. If the work got an
/// <see cref="OutOfMemoryException"/>, it is the inner exception.
/// </remarks>
public sealed class WorkMemoryException : WorkException
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause; <see langword="null"/> for none.</param>
    public WorkMemoryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    internal WorkMemoryException(string workItemName, long limit, string detail, Exception? innerException = null)
        : base($"'{workItemName}' needed more than its worker may hold, {ProcessMemory.Display(limit)}: {detail}", innerException)
    {
        WorkItemName = workItemName;
        Limit = limit;
    }

    /// <summary>The limit, in bytes.</summary>
    public long Limit { get; init; }
}
