using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>
/// Ranges of arrays: <see cref="Memory{T}"/>, <see cref="ReadOnlyMemory{T}"/>, <see cref="ArraySegment{T}"/>. Ranges of one array still
/// share their elements afterwards.
/// </summary>
/// <remarks>
/// A small array, or one of which a range covers most, is sent as an array, which other values can refer to. Of a large array only the
/// range is sent; later ranges inside it refer to it. A value that then needs more of the array is refused, because the two would no
/// longer share their elements.
/// </remarks>
internal static class Ranges
{
    private const byte None = 0;

    /// <summary>An array, which may have been sent before, and a range in it.</summary>
    private const byte OfArray = 1;

    /// <summary>The elements of a range, without its array.</summary>
    private const byte Alone = 2;

    /// <summary>The number of a range that was sent before, and a range in it.</summary>
    private const byte OfRange = 3;

    /// <summary>Text, for memory of characters.</summary>
    private const byte OfText = 4;

    /// <summary>The singleton empty segment.</summary>
    private const byte TheEmptySegment = 5;

    /// <summary>Arrays up to this size in bytes are sent completely.</summary>
    private const int SmallArray = 1024;

    /// <summary>Arrays of references up to this length are sent completely.</summary>
    private const int FewReferences = 64;

    internal static void Write<T>(PayloadWriter writer, ReadOnlyMemory<T> memory)
    {
        if (memory.IsEmpty)
        {
            writer.Write(None);
        }
        else if (MemoryMarshal.TryGetArray(memory, out ArraySegment<T> segment))
        {
            Write(writer, segment);
        }
        else if (typeof(T) == typeof(char) && MemoryMarshal.TryGetString(
            Unsafe.As<ReadOnlyMemory<T>, ReadOnlyMemory<char>>(ref memory), out string? text, out int from, out int count))
        {
            writer.Write(OfText);
            StringCodec.WriteText(writer, count == text.Length ? text : text.Substring(from, count));
        }
        else if (MemoryMarshal.TryGetMemoryManager(memory, out System.Buffers.MemoryManager<T>? manager, out int start, out int length))
        {
            WriteAlone(writer, manager, start, SpanOf(memory));
        }
        else
        {
            WriteAlone(writer, new object(), 0, memory.Span);
        }
    }

    internal static void Write<T>(PayloadWriter writer, ArraySegment<T> segment)
    {
        if (segment.Array is not { } array)
        {
            writer.Write(None);
        }
        else if (segment.Count == 0 && segment == ArraySegment<T>.Empty)
        {
            writer.Write(TheEmptySegment);
        }
        else if (IsSentWhole(writer, array, segment))
        {
            WriteWhole(writer, array, segment);
        }
        else if (!TryWriteWhole(writer, array, segment))
        {
            WriteAlone<T>(writer, array, segment.Offset, segment);
        }
    }

    /// <summary>Reads a range of any kind; the segment has no array if there is none.</summary>
    internal static ArraySegment<T> Read<T>(PayloadReader reader, out string? text)
    {
        byte kind = reader.Read<byte>();
        text = kind == OfText && typeof(T) == typeof(char) ? StringCodec.ReadText(reader) : null;
        switch (kind)
        {
            case None:
                return default;
            case TheEmptySegment:
                return ArraySegment<T>.Empty;
            case OfArray:
                PayloadReader.Part outer = reader.BeginPart();
                T[] array = Codec<T[]>.Instance.Read(reader);
                reader.EndPart(outer);
                return Checked(array, reader);
            case Alone:
                T[] items = Items.NewArray<T>(Items.ReadCount<T>(reader));
                reader.Objects.Add(items);
                Items.ReadContent(reader, new Span<T>(items));
                return items;
            case OfRange:
                return Checked(reader.ObjectAt(reader.ReadInt32()) as T[], reader);
            case OfText when text is not null:
                return default;
            default:
                throw new PayloadCorruptException($"memory of kind {kind}");
        }
    }

    /// <summary>Throws if a range of an array was sent alone, because then the array can no longer be sent.</summary>
    internal static void ThrowIfSent(PayloadWriter writer, object array)
    {
        foreach (SentRange sent in writer.References.Ranges!)
        {
            if (ReferenceEquals(sent.Owner, array) && sent.Length > 0)
                throw new WorkSerializationException(Refusals.SharedRange);
        }
    }

    private static ReadOnlySpan<T> SpanOf<T>(ReadOnlyMemory<T> memory)
    {
        try
        {
            return memory.Span;
        }
        catch (ObjectDisposedException e)
        {
            throw new WorkSerializationException("the owner of the memory has been disposed", null, e);
        }
    }

    private static void WriteWhole<T>(PayloadWriter writer, T[] array, ArraySegment<T> segment)
    {
        writer.Write(OfArray);

        // A separate part, so that it can be removed completely.
        ReferenceTable.Part outer = writer.References.BeginPart();
        Codec<T[]>.Instance.Write(writer, array);
        writer.References.EndPart(outer);
        writer.Write(segment.Offset);
        writer.Write(segment.Count);
    }

    /// <summary>Sends a small array of references completely, unless an element outside of the range cannot be serialized.</summary>
    private static bool TryWriteWhole<T>(PayloadWriter writer, T[] array, ArraySegment<T> segment)
    {
        if (!RuntimeHelpers.IsReferenceOrContainsReferences<T>() || array.Length > FewReferences || IsPartlySent(writer, array))
            return false;

        nint start = writer.Length;
        ReferenceTable references = writer.References;
        ReferenceTable.State mark = references.Mark();
        try
        {
            WriteWhole(writer, array, segment);
            return true;
        }
        catch (WorkSerializationException)
        {
            writer.Truncate(start);
            references.Restore(mark);
            return false;
        }
    }

    private static bool IsSentWhole<T>(PayloadWriter writer, T[] array, ArraySegment<T> segment)
    {
        if (segment.Count == array.Length || writer.References.Find(array) >= 0)
            return true;

        // The elements outside of a range of references may not be serializable.
        return !RuntimeHelpers.IsReferenceOrContainsReferences<T>() && !IsPartlySent(writer, array)
            && ((long)array.Length * Unsafe.SizeOf<T>() <= SmallArray || segment.Count >= array.Length / 2);
    }

    private static bool IsPartlySent(PayloadWriter writer, object owner) =>
        writer.References.Ranges?.Exists(sent => ReferenceEquals(sent.Owner, owner)) == true;

    private static void WriteAlone<T>(PayloadWriter writer, object owner, int offset, ReadOnlySpan<T> items)
    {
        ReferenceTable references = writer.References;
        foreach (SentRange sent in references.Ranges ?? [])
        {
            if (!ReferenceEquals(sent.Owner, owner) || !sent.Overlaps(offset, items.Length))
                continue;

            if (!sent.Holds(offset, items.Length))
                throw new WorkSerializationException(Refusals.SharedRange);

            writer.Write(OfRange);
            writer.Write(references.Find(sent));
            writer.Write(offset - sent.Offset);
            writer.Write(items.Length);
            return;
        }

        writer.Write(Alone);
        references.AddRange(new SentRange(owner, offset, items.Length));
        Items.Write(writer, items);
    }

    private static ArraySegment<T> Checked<T>(T[]? array, PayloadReader reader)
    {
        int offset = reader.ReadInt32();
        int count = reader.ReadInt32();
        if (array is null || offset < 0 || count < 0 || count > array.Length - offset)
            throw new PayloadCorruptException($"the range {offset}, {count} of an array of {array?.Length ?? 0}");

        return new ArraySegment<T>(array, offset, count);
    }
}
