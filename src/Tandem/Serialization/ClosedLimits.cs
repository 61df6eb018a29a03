namespace Tandem.Serialization;

/// <summary>What a value of a process that is not trusted may cost the process that reads it.</summary>
/// <param name="Bytes">The maximum size of the payload, in bytes.</param>
/// <param name="Memory">The maximum size of what is created, in bytes: of objects and of the elements of collections, without texts.</param>
/// <param name="Depth">How deep objects may be nested.</param>
internal sealed record ClosedLimits(int Bytes = 64 << 20, long Memory = 256 << 20, int Depth = 200);
