namespace Tandem.Compare;

/// <summary>The work cannot be compared: all its items fail, there are none, or it does not end.</summary>
public sealed class ComparisonException : WorkException
{
    /// <summary>Makes one.</summary>
    /// <param name="message">What is wrong, and what to do.</param>
    public ComparisonException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">What is wrong, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ComparisonException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
