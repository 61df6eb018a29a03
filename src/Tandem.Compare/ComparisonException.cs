namespace Tandem.Compare;

/// <summary>The work cannot be compared: there are no items, all of them fail, or they do not end in time.</summary>
public sealed class ComparisonException : WorkException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="message">What is wrong, and what to do.</param>
    public ComparisonException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What is wrong, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ComparisonException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
