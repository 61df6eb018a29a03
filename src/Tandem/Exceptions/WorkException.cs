namespace Tandem;

/// <summary>The base of the exceptions that Tandem itself throws, as opposed to those that the work throws.</summary>
/// <remarks>All of them have public constructors, and properties that can be set, so that handlers of them can be tested.</remarks>
public abstract class WorkException : Exception
{
    private string? _workItemName;

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause; <see langword="null"/> for none.</param>
    protected WorkException(string? message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The name of the work item that failed, such as <see cref="WorkOptions.Name"/>; for an item of a map with its index.</summary>
    /// <value><see langword="null"/> (the default) when the error does not belong to one item, or the item is not known.</value>
    public string? WorkItemName
    {
        get => _workItemName;
        init => _workItemName = value;
    }

    /// <summary>Names the item of an exception that was made where the item was not known.</summary>
    internal void SetWorkItemName(string name) => _workItemName ??= name;
}
