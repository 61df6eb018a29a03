using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>
/// One element of a chunk's payload, or its outcome: the length, then the bytes. With the length, a worker skips elements that have an
/// outcome without deserializing them. Deserialization may run user code (the hash of a key, for example), which may be what crashed the
/// worker before. The length also lets a worker continue after an element that cannot be deserialized.
/// </summary>
internal static class ChunkElement
{
    internal static void Write<T>(PayloadWriter writer, Codec<T> codec, T value)
    {
        nint start = Begin(writer);
        codec.Write(writer, value);
        End(writer, start);
    }

    /// <summary>Begins an element whose bytes the caller writes. Returns the start, for <see cref="End"/>.</summary>
    internal static nint Begin(PayloadWriter writer)
    {
        writer.Write(0);
        return writer.Length;
    }

    /// <summary>Ends the element that <see cref="Begin"/> began.</summary>
    internal static unsafe void End(PayloadWriter writer, nint start)
    {
        nint length = writer.Length - start;
        if (length > int.MaxValue)
            throw new WorkSerializationException($"it takes {length} bytes, and at most 2 GiB travel in one item of a map");

        // Written last, because writing the element may have moved the buffer.
        System.Runtime.CompilerServices.Unsafe.WriteUnaligned(writer.Start + start - sizeof(int), (int)length);
    }

    /// <summary>Reads the length; returns where the element ends.</summary>
    internal static nint ReadEnd(PayloadReader reader)
    {
        int length = reader.ReadCount(1);
        return reader.Position + length;
    }

    internal static unsafe void Skip(PayloadReader reader) => reader.Take(reader.ReadCount(1));
}
