namespace Tandem.Serialization;

/// <summary>
/// A value could not be rebuilt though its bytes were read: code of the user's threw (a comparer, a hash code, a method that runs
/// after reading), or this process lacks what the value needs (an encoding provider, a culture).
/// </summary>
internal sealed class RebuildException(string message, Exception? innerException = null) : PayloadCorruptException(message, innerException);
