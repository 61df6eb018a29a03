using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>
/// One element of a chunk's payload, or its outcome: its length, then its bytes. So elements that were settled before can be passed over
/// without being read: reading can run code of the user's (the hash of a key, say), which may be what ended the worker before. And an
/// element that cannot be rebuilt does not cost the next one.
/// </summary>
internal static class ChunkElement
{
    internal static void Write<T>(PayloadWriter writer, Codec<T> codec, T value)
    {
        nint start = Begin(writer);
        codec.Write(writer, value);
        End(writer, start);
    }

    /// <summary>Begins an element whose bytes the caller writes; returns what <see cref="End"/> needs.</summary>
    internal static nint Begin(PayloadWriter writer)
    {
        writer.Write(0);
        return writer.Length;
    }

    /// <summary>Ends what <see cref="Begin"/> began.</summary>
    internal static unsafe void End(PayloadWriter writer, nint start)
    {
        nint length = writer.Length - start;
        if (length > int.MaxValue)
            throw new WorkSerializationException($"it takes {length} bytes, and at most 2 GiB travel in one item of a map");

        // At the end, since writing may have moved everything.
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
