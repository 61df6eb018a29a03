namespace Tandem.Compare.Methods;

/// <summary>What a user has named cannot be compared: it is not there, or it is something else; the message says what is.</summary>
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
