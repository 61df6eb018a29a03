namespace Tandem.Serialization;

/// <summary>Thrown for an invalid payload: its writer is broken or malicious.</summary>
internal class PayloadCorruptException(string message, Exception? innerException = null) : Exception(message, innerException);
