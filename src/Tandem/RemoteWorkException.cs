namespace Tandem;

/// <summary>
/// Stands for an exception of another process that could not be rebuilt here as its own type: the type has no suitable public
/// constructor, its constructor threw, or it is not known in this process.
/// </summary>
/// <remarks>
/// An exception type arrives as itself when it has a public constructor that takes <c>(string message, Exception innerException)</c>,
/// <c>(string message)</c>, or nothing.
/// </remarks>
public sealed class RemoteWorkException : Exception
{
    internal RemoteWorkException(string originalType, string message, string remoteStackTrace, Exception? innerException)
        : base(message, innerException)
    {
        OriginalType = originalType;
        RemoteStackTrace = remoteStackTrace;
    }

    /// <summary>The full name of the type that the exception had, such as <c>Acme.Orders.OrderException</c>.</summary>
    public string OriginalType { get; }

    /// <summary>Where the exception was thrown in the other process; empty when it was never thrown there.</summary>
    public string RemoteStackTrace { get; }

    /// <summary>The text of the exception, with the original type, the inner exceptions and both stack traces.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => base.ToString().Insert(typeof(RemoteWorkException).FullName!.Length, $" ({OriginalType})");
}
