using System.Runtime.CompilerServices;

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

/// <summary>Values of type <see cref="ReadOnlyMemory{T}"/>; see <see cref="Ranges"/>.</summary>
internal sealed class ReadOnlyMemoryCodec<T> : Codec<ReadOnlyMemory<T>>
{
    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, ReadOnlyMemory<T> value) => Ranges.Write(writer, value);

    internal override ReadOnlyMemory<T> Read(PayloadReader reader)
    {
        ArraySegment<T> range = Ranges.Read<T>(reader, out string? text);
        if (text is null)
            return range.AsMemory();

        ReadOnlyMemory<char> characters = text.AsMemory();
        return Unsafe.As<ReadOnlyMemory<char>, ReadOnlyMemory<T>>(ref characters);
    }
}

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
