using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// Streams in memory: their contents, their position, and whether they are writable and expandable. A stream that wraps an array still
/// shares it with other objects that refer to the array.
/// </summary>
internal sealed class MemoryStreamShape() : LateShape(typeof(MemoryStream))
{
    /// <summary>The largest unused capacity that a payload may allocate for a stream.</summary>
    private const int LargestSpare = 64 * 1024 * 1024;

    private static readonly FieldInfo? Buffer = FieldOf("_buffer");
    private static readonly FieldInfo? Origin = FieldOf("_origin");
    private static readonly FieldInfo? Expandable = FieldOf("_expandable");

    internal override void Write(PayloadWriter writer, object value)
    {
        var stream = (MemoryStream)value;
        if (!stream.CanRead || Buffer is null || Origin is null || Expandable is null)
            throw new WorkSerializationException("a MemoryStream that was closed cannot be read; pass the bytes (ToArray)");

        byte[] buffer = (byte[])Buffer.GetValue(stream)!;
        int origin = (int)Origin.GetValue(stream)!;
        bool grows = (bool)Expandable.GetValue(stream)!;
        writer.Write(grows);
        writer.Write(stream.CanWrite);
        writer.Write(stream.TryGetBuffer(out _));
        writer.Write(stream.Position);
        writer.Write((int)stream.Length);
        writer.Write(stream.Capacity);
        Ranges.Write(writer, new ArraySegment<byte>(buffer, origin, grows ? (int)stream.Length : stream.Capacity));
    }

    protected override object Build(PayloadReader reader)
    {
        bool grows = reader.Read<byte>() != 0;
        bool mayWrite = reader.Read<byte>() != 0;
        bool isVisible = reader.Read<byte>() != 0;
        long position = reader.Read<long>();
        int length = reader.ReadInt32();
        int capacity = reader.ReadInt32();
        ArraySegment<byte> bytes = Ranges.Read<byte>(reader, out _);
        if (bytes.Array is null || position < 0 || length < 0 || length > capacity || (grows ? length : capacity) != bytes.Count)
            throw new PayloadCorruptException($"a stream of {length} bytes at {position} in {bytes.Count}");

        MemoryStream stream;
        if (grows)
        {
            stream = new MemoryStream(Math.Max(length, Math.Min(capacity, length + LargestSpare)));
            stream.Write(bytes);
        }
        else
        {
            stream = new MemoryStream(bytes.Array, bytes.Offset, bytes.Count, mayWrite, isVisible);
            if (length != capacity)
                stream.SetLength(length);
        }

        stream.Position = position;
        return stream;
    }

    private static FieldInfo? FieldOf(string name) => typeof(MemoryStream).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
}
