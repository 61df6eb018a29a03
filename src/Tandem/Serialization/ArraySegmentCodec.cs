namespace Tandem.Serialization;

/// <summary>Values of type <see cref="ArraySegment{T}"/>; see <see cref="Ranges"/>.</summary>
internal sealed class ArraySegmentCodec<T> : Codec<ArraySegment<T>>
{
    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, ArraySegment<T> value) => Ranges.Write(writer, value);

    internal override ArraySegment<T> Read(PayloadReader reader)
    {
        ArraySegment<T> range = Ranges.Read<T>(reader, out string? text);
        return text is null ? range : throw new PayloadCorruptException("text where an array was expected");
    }
}
