namespace Tandem;

/// <summary>
/// Represents an exception of another process that could not be rebuilt, neither as its own type nor as one of its base types. The type is
/// not known in this process, or has state that cannot be serialized, and it derives directly from <see cref="Exception"/>.
/// </summary>
/// <remarks>
/// Normally, exceptions arrive as their own type, with their message and their fields, regardless of the type's constructors. If that is
/// impossible, the exception arrives as the nearest base type, with the original message; <c>Data["Tandem.OriginalType"]</c> and the text
/// of the exception contain the original type.
/// </remarks>
public sealed class RemoteWorkException : WorkException
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">The message of the original exception.</param>
    /// <param name="innerException">The inner exception of the original exception; <see langword="null"/> for none.</param>
    public RemoteWorkException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    internal RemoteWorkException(string originalType, string message, string remoteStackTrace, Exception? innerException)
        : base(message, innerException)
    {
        OriginalType = originalType;
        RemoteStackTrace = remoteStackTrace;
    }

    /// <summary>The full name of the original type, such as <c>Acme.Orders.OrderException</c>.</summary>
    /// <value>The default is an empty string.</value>
    public string OriginalType { get; init; } = "";

    /// <summary>The stack trace in the other process; empty (the default) if the exception was never thrown there.</summary>
    public string RemoteStackTrace { get; init; } = "";

    /// <summary>The text of the exception, with the original type, the inner exceptions and both stack traces.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => base.ToString().Insert(typeof(RemoteWorkException).FullName!.Length, $" ({OriginalType})");
}
