namespace Tandem.Serialization;

/// <summary>
/// A type whose values contain nothing but values of closed types. Writing and reading them follows the declared types only: a payload
/// cannot name a type, a method or an assembly.
/// </summary>
internal abstract class ClosedType
{
    /// <summary>A lower bound for the size of a value in bytes, at least 1. Counts are checked against it.</summary>
    internal abstract int MinimumSize { get; }

    /// <summary>Writes a value, boxed.</summary>
    internal abstract void Write(ClosedWriter writer, object? value);

    /// <summary>Reads a value, boxed. Throws <see cref="PayloadCorruptException"/>, and nothing else, for invalid bytes.</summary>
    internal abstract object? Read(ClosedReader reader);
}
