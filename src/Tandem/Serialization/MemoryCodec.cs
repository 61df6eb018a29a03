namespace Tandem.Serialization;

/// <summary>Values of type <see cref="Memory{T}"/>; see <see cref="Ranges"/>.</summary>
internal sealed class MemoryCodec<T> : Codec<Memory<T>>
{
    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, Memory<T> value) => Ranges.Write<T>(writer, value);

    internal override Memory<T> Read(PayloadReader reader)
    {
        ArraySegment<T> range = Ranges.Read<T>(reader, out string? text);
        return text is null ? range.AsMemory() : throw new PayloadCorruptException("text where writable memory was expected");
    }
}
