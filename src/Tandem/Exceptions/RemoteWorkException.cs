namespace Tandem;

/// <summary>
/// Stands for an exception of another process that could be rebuilt here neither as its own type nor as one of its base types: its type
/// is not known in this process, or has state that cannot be sent, and derives from <see cref="Exception"/> itself.
/// </summary>
/// <remarks>
/// Exceptions arrive as their own type, whatever constructors it has, with their message and their fields. One that cannot arrives as
/// the nearest base type that can, with the original's message; <c>Data["Tandem.OriginalType"]</c> and its text name the original type.
/// </remarks>
public sealed class RemoteWorkException : WorkException
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">The message of the original exception.</param>
    /// <param name="innerException">Its inner exception; <see langword="null"/> for none.</param>
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

    /// <summary>The full name of the type that the exception had, such as <c>Acme.Orders.OrderException</c>.</summary>
    /// <value>The default is an empty string.</value>
    public string OriginalType { get; init; } = "";

    /// <summary>Where the exception was thrown in the other process; empty (the default) when it was never thrown there.</summary>
    public string RemoteStackTrace { get; init; } = "";

    /// <summary>The text of the exception, with the original type, the inner exceptions and both stack traces.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => base.ToString().Insert(typeof(RemoteWorkException).FullName!.Length, $" ({OriginalType})");
}
