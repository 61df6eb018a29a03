namespace Tandem.Serialization;

/// <summary>Memory for payloads: native memory, or blocks of an area that the other process maps.</summary>
internal unsafe interface IPayloadMemory
{
    /// <summary>Allocates a block of at least <paramref name="size"/> bytes; <paramref name="actual"/> is its real size.</summary>
    byte* Allocate(nint size, out nint actual);

    /// <summary>Frees a block of <see cref="Allocate"/>.</summary>
    void Free(byte* block);
}
