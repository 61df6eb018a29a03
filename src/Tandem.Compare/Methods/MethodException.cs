namespace Tandem.Compare.Methods;

/// <summary>The named method cannot be compared: it does not exist, or has another form. The message says what exists.</summary>
internal sealed class MethodException : Exception
{
    public MethodException(string message)
        : base(message)
    {
    }

    public MethodException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
