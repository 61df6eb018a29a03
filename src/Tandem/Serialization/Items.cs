using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>Sequences of elements: copied at once if they are blittable, otherwise one by one.</summary>
internal static unsafe class Items
{
    /// <summary>Writes the count and the elements.</summary>
    internal static void Write<T>(PayloadWriter writer, ReadOnlySpan<T> items)
    {
        writer.Write(items.Length);
        WriteContent(writer, items);
    }

    /// <summary>Writes the elements only.</summary>
    internal static void WriteContent<T>(PayloadWriter writer, ReadOnlySpan<T> items)
    {
        Codec<T> codec = Codec<T>.Instance;
        if (codec.IsBlittable)
        {
            nint size = (nint)items.Length * Unsafe.SizeOf<T>();
            fixed (byte* from = &Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(items)))
                Buffer.MemoryCopy(from, writer.Reserve(size), size, size);

            return;
        }

        int i = 0;
        try
        {
            for (; i < items.Length; i++)
                codec.Write(writer, items[i]);
        }
        catch (WorkSerializationException e) when (GraphPath.AddIndex(e, i))
        {
            throw;
        }
    }

    /// <summary>Reads a count that <see cref="Write"/> wrote.</summary>
    internal static int ReadCount<T>(PayloadReader reader) => reader.ReadCount(Codec<T>.Instance.MinimumSize);

    /// <summary>Reads elements until the span is full.</summary>
    internal static void ReadContent<T>(PayloadReader reader, Span<T> items)
    {
        Codec<T> codec = Codec<T>.Instance;
        if (codec.IsBlittable)
        {
            nint size = (nint)items.Length * Unsafe.SizeOf<T>();
            fixed (byte* to = &Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(items)))
                Buffer.MemoryCopy(reader.Take(size), to, size, size);

            return;
        }

        for (int i = 0; i < items.Length; i++)
            items[i] = codec.Read(reader);
    }

    /// <summary>Reads elements that <see cref="Write"/> wrote, into a new array.</summary>
    internal static T[] Read<T>(PayloadReader reader)
    {
        T[] items = NewArray<T>(ReadCount<T>(reader));
        ReadContent(reader, new Span<T>(items));
        return items;
    }

    /// <summary>Allocates an array that is filled completely afterwards.</summary>
    internal static T[] NewArray<T>(int count) => Codec<T>.Instance.IsBlittable ? LargeArrays.Allocate<T>(count) : new T[count];
}
