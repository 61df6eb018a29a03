using Tandem.Interop;

namespace Tandem;

/// <summary>Thrown for a work item whose worker process needed more memory than <see cref="WorkOptions.MemoryLimit"/>.</summary>
public sealed class WorkMemoryException : OutOfMemoryException
{
    internal WorkMemoryException(string workItemName, long limit, string detail, Exception? innerException = null)
        : base($"'{workItemName}' needed more than its worker may hold, {ProcessMemory.Display(limit)}: {detail}", innerException)
    {
        WorkItemName = workItemName;
        Limit = limit;
    }

    /// <summary>The name of the work item.</summary>
    public string WorkItemName { get; }

    /// <summary>The limit, in bytes.</summary>
    public long Limit { get; }
}
