using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>Multi-dimensional arrays: the lengths, followed by the elements in memory order.</summary>
internal sealed class MultiDimensionalArrayShape<T>(Type type) : Shape(type, ShapeTraits.Tracked)
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var array = (Array)value;
        for (int i = 0; i < array.Rank; i++)
        {
            if (array.GetLowerBound(i) != 0)
                throw new WorkSerializationException("an array that does not begin at 0 cannot be serialized; copy it to one that does");

            writer.Write(array.GetLength(i));
        }

        Items.WriteContent<T>(writer, Elements(array));
    }

    internal override object? Read(PayloadReader reader)
    {
        int[] lengths = new int[WireType.GetArrayRank()];
        long total = 1;
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = reader.ReadInt32();
            total *= lengths[i];
            if (lengths[i] < 0 || lengths[i] > Array.MaxLength || total > Array.MaxLength)
                throw new PayloadCorruptException($"an array of length {lengths[i]} in dimension {i}");
        }

        if (total * Codec<T>.Instance.MinimumSize > reader.Remaining)
            throw new PayloadCorruptException($"an array of {total} elements where {reader.Remaining} bytes are left");

        Array array = Array.CreateInstanceFromArrayType(WireType, lengths);
        reader.Objects.Add(array);
        Items.ReadContent(reader, Elements(array));
        return array;
    }

    private static Span<T> Elements(Array array) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
}
