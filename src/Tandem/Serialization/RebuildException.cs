namespace Tandem.Serialization;

/// <summary>
/// Thrown if a value could not be rebuilt although its bytes are valid: user code threw an exception (a comparer, a hash code, a method
/// that runs after deserialization), or this process lacks something that the value needs (an encoding provider, a culture).
/// </summary>
internal sealed class RebuildException(string message, Exception? innerException = null) : PayloadCorruptException(message, innerException);
