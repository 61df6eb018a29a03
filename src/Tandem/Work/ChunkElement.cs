using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>
/// One element of a chunk's payload: its length, then its bytes. So elements that were settled before can be passed over without
/// being read: reading can run code of the user's (the hash of a key, say), which may be what ended the worker before.
/// </summary>
internal static class ChunkElement
{
    internal static unsafe void Write<T>(PayloadWriter writer, Codec<T> codec, T value)
    {
        nint start = writer.Length;
        writer.Write(0);
        codec.Write(writer, value);
        nint length = writer.Length - start - sizeof(int);
        if (length > int.MaxValue)
            throw new WorkSerializationException($"it takes {length} bytes, and at most 2 GiB travel in one item of a map");

        // At the end, since writing may have moved everything.
        System.Runtime.CompilerServices.Unsafe.WriteUnaligned(writer.Start + start, (int)length);
    }

    /// <summary>Reads the length; returns where the element ends.</summary>
    internal static nint ReadEnd(PayloadReader reader)
    {
        int length = reader.ReadCount(1);
        return reader.Position + length;
    }

    internal static unsafe void Skip(PayloadReader reader) => reader.Take(reader.ReadCount(1));
}
