namespace Tandem.Transport;

/// <summary>Thrown when the other side broke the protocol; what it holds is not to be trusted any more.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
