using System.Buffers;
using System.Runtime.CompilerServices;
using Tandem.Invocation;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>
/// Copies elements into a channel's cells and out of them. While a cell is claimed, no user code runs and nothing throws: a codec writes
/// before the claim, and reads from a copy after it.
/// </summary>
internal static unsafe class ElementTransfer<T>
{
    /// <summary>Whether elements are copied byte by byte, without a codec.</summary>
    internal static readonly bool IsBlittable = !RuntimeHelpers.IsReferenceOrContainsReferences<T>() && Codec<T>.Instance.IsBlittable;

    /// <summary>Decides what elements may contain: the same in all processes that share the channel.</summary>
    private static readonly AnswerPolicy Elements = AnswerPolicy.ForElements(typeof(T));

    [ThreadStatic]
    private static PayloadWriter? t_writer;

    [ThreadStatic]
    private static PayloadReader? t_reader;

    internal static int Size => IsBlittable ? Unsafe.SizeOf<T>() : 0;

    /// <summary>Serializes an element for <see cref="Store"/>; null if elements are blittable.</summary>
    /// <exception cref="WorkSerializationException">The element cannot be serialized, or is too large.</exception>
    internal static PayloadWriter? Prepare(T item, int longest)
    {
        if (IsBlittable)
            return null;

        // Clear the cached writer while it is in use: a callback for a dropped element may write to a channel too.
        PayloadWriter writer = t_writer ?? new PayloadWriter();
        t_writer = null;
        writer.Begin(HeapMemory.Instance, CallLinks.ForResults);
        writer.Answer = Elements;
        try
        {
            Codec<T>.Instance.Write(writer, item);
            if (writer.Length > longest)
            {
                throw new WorkSerializationException(
                    $"an element of {writer.Length} bytes is too large for the channel, whose maximum is {longest} bytes");
            }

            return writer;
        }
        catch
        {
            Return(writer);
            throw;
        }
    }

    /// <summary>Returns the writer of <see cref="Prepare"/> for reuse.</summary>
    internal static void Return(PayloadWriter? prepared)
    {
        if (prepared is null)
            return;

        prepared.Abandon();
        if (t_writer is null)
            t_writer = prepared;
        else
            prepared.Dispose();
    }

    /// <summary>Copies an element into a claimed cell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(ChannelRing ring, long position, byte* cell, T item, PayloadWriter? prepared)
    {
        if (IsBlittable)
        {
            Unsafe.WriteUnaligned(cell + ChannelLayout.CellHeader, item);
            return;
        }

        int length = (int)prepared!.Length;
        *(int*)(cell + ChannelLayout.CellHeader) = length;
        Buffer.MemoryCopy(prepared.Start, ring.BytesOf(position, cell, length), length, length);
    }

    /// <summary>Copies an element, or its bytes, out of a claimed cell. Cannot fail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T? Load(ChannelRing ring, long position, byte* cell, out ArraySegment<byte> bytes)
    {
        bytes = default;
        return IsBlittable ? Unsafe.ReadUnaligned<T>(cell + ChannelLayout.CellHeader) : LoadBytes(ring, position, cell, out bytes);
    }

    /// <summary>Deserializes what <see cref="Load"/> copied.</summary>
    internal static T Finish(T? loaded, ArraySegment<byte> bytes)
    {
        if (IsBlittable)
            return loaded!;

        PayloadReader reader = t_reader ?? new PayloadReader();
        t_reader = null;
        try
        {
            fixed (byte* start = bytes.Array)
            {
                reader.Begin(start, bytes.Count, CallLinks.ForResults, Elements);
                return Codec<T>.Instance.Read(reader);
            }
        }
        catch (PayloadCorruptException e)
        {
            throw new WorkSerializationException($"an element that arrived through the channel cannot be read: {e.Message}", null, e);
        }
        finally
        {
            reader.End();
            t_reader = reader;
            ArrayPool<byte>.Shared.Return(bytes.Array!);
        }
    }

    private static T? LoadBytes(ChannelRing ring, long position, byte* cell, out ArraySegment<byte> bytes)
    {
        // The length comes from another process: clamp it, so that the copy stays inside the cell.
        int length = Math.Clamp(*(int*)(cell + ChannelLayout.CellHeader), 0, Math.Max(ring.LongestElement, 0));
        byte[] copy = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        new ReadOnlySpan<byte>(ring.BytesOf(position, cell, length), length).CopyTo(copy);
        bytes = new ArraySegment<byte>(copy, 0, length);
        return default;
    }
}
