namespace Tandem.Transport;

/// <summary>Thrown when the other side violated the protocol. Nothing that it has written can be trusted any more.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
