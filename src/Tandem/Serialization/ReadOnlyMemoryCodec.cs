using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

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
