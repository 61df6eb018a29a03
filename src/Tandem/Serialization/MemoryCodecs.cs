namespace Tandem.Serialization;

/// <summary>The contents of a <see cref="Memory{T}"/>.</summary>
internal sealed class MemoryCodec<T> : Codec<Memory<T>>
{
    internal override int MinimumSize => sizeof(int);

    internal override void Write(PayloadWriter writer, Memory<T> value) => Items.Write<T>(writer, value.Span);

    internal override Memory<T> Read(PayloadReader reader) => Items.Read<T>(reader);
}

/// <summary>The contents of a <see cref="ReadOnlyMemory{T}"/>.</summary>
internal sealed class ReadOnlyMemoryCodec<T> : Codec<ReadOnlyMemory<T>>
{
    internal override int MinimumSize => sizeof(int);

    internal override void Write(PayloadWriter writer, ReadOnlyMemory<T> value) => Items.Write(writer, value.Span);

    internal override ReadOnlyMemory<T> Read(PayloadReader reader) => Items.Read<T>(reader);
}

/// <summary>The contents of an <see cref="ArraySegment{T}"/>; what lies around it in its array stays behind.</summary>
internal sealed class ArraySegmentCodec<T> : Codec<ArraySegment<T>>
{
    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, ArraySegment<T> value)
    {
        writer.Write((byte)(value.Array is null ? 0 : 1));
        if (value.Array is not null)
            Items.Write<T>(writer, value.AsSpan());
    }

    internal override ArraySegment<T> Read(PayloadReader reader) =>
        reader.Read<byte>() == 0 ? default : new ArraySegment<T>(Items.Read<T>(reader));
}
