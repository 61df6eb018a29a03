namespace Tandem;

/// <summary>The base class of the exceptions that Tandem itself throws. Exceptions of the work are not derived from it.</summary>
/// <remarks>All derived classes have public constructors and settable properties, so that tests can create them.</remarks>
public abstract class WorkException : Exception
{
    private string? _workItemName; // see WorkItemName

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause; <see langword="null"/> for none.</param>
    protected WorkException(string? message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// The name of the work item that failed, such as <see cref="WorkOptions.Name"/>; for an item of a map, with its index.
    /// </summary>
    /// <value><see langword="null"/> (the default) if the error does not belong to one item, or the item is not known.</value>
    public string? WorkItemName
    {
        get => _workItemName;
        init => _workItemName = value;
    }

    /// <summary>Adds the item's name to an exception that was created where the item was not known.</summary>
    internal void SetWorkItemName(string name) => _workItemName ??= name;
}
