namespace Tandem.Serialization;

/// <summary>Memory that payloads are written into: plain native memory, or a block of an area that the other process maps.</summary>
internal unsafe interface IPayloadMemory
{
    /// <summary>Gives a block of at least <paramref name="size"/> bytes; <paramref name="actual"/> is what it really holds.</summary>
    byte* Allocate(nint size, out nint actual);

    /// <summary>Takes back a block that <see cref="Allocate"/> gave.</summary>
    void Free(byte* block);
}
