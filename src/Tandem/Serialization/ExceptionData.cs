using System.Collections;

namespace Tandem.Serialization;

/// <summary>
/// The entries of <see cref="Exception.Data"/>. In an answer they are simple values only: other values arrive as their text, and a note
/// says which.
/// </summary>
internal static class ExceptionData
{
    /// <summary>The key of the note about values that do not arrive as they were.</summary>
    internal const string Note = "Tandem.DataNote";

    private const int MaximumText = 4096;
    private const int MaximumNote = 4096;

    /// <summary>A key and a value of any type follow.</summary>
    private const byte Any = 0;

    /// <summary>A simple key and a simple value follow.</summary>
    private const byte Simple = 1;

    /// <summary>Writes the entries and counts them. <paramref name="writeOptional"/> writes each, or nothing if it cannot be sent.</summary>
    internal static void Write(
        PayloadWriter writer, IDictionary data, ref int count,
        Action<PayloadWriter, Action<PayloadWriter, DictionaryEntry>, DictionaryEntry> writeOptional)
    {
        string? note = null;
        foreach (DictionaryEntry entry in data)
        {
            if (writer.Answer is null)
            {
                writeOptional(writer, WriteAny, entry);
            }
            else if (!SimpleValues.IsKey(entry.Key))
            {
                Add(ref note, $"an entry with {TypeChecks.WithArticle(entry.Key.GetType())} as its key was left out");
                continue;
            }
            else if (Equals(entry.Key, Note))
            {
                // Of a process that this one got the exception from.
                Add(ref note, entry.Value as string ?? "");
                continue;
            }
            else
            {
                writeOptional(writer, WriteSimple, SimplifyValue(entry, ref note));
            }

            count++;
        }

        if (note is null)
            return;

        writeOptional(writer, WriteSimple, new DictionaryEntry(Note, note));
        count++;
    }

    /// <summary>Reads an entry.</summary>
    internal static DictionaryEntry Read(PayloadReader reader)
    {
        byte kind = reader.Read<byte>();
        if (kind == Simple)
        {
            object key = SimpleValues.Read(reader) ?? throw new PayloadCorruptException("an entry without a key");
            return new DictionaryEntry(key, SimpleValues.Read(reader));
        }

        if (kind != Any || reader.Answer is not null)
            throw new PayloadCorruptException($"an entry of an exception's data of kind {kind}");

        return new DictionaryEntry(Codec<object>.Instance.Read(reader), Codec<object?>.Instance.Read(reader));
    }

    private static DictionaryEntry SimplifyValue(DictionaryEntry entry, ref string? note)
    {
        if (entry.Value is not { } value || SimpleValues.IsKey(value) || SimpleValues.IsSimpleArray(value.GetType()))
            return entry;

        Add(ref note, $"'{entry.Key}' was {TypeChecks.WithArticle(value.GetType())} and arrives as text");
        return new DictionaryEntry(entry.Key, TextOf(value));
    }

    private static void WriteAny(PayloadWriter writer, DictionaryEntry entry)
    {
        writer.Write(Any);
        Codec<object>.Instance.Write(writer, entry.Key);
        Codec<object?>.Instance.Write(writer, entry.Value);
    }

    private static void WriteSimple(PayloadWriter writer, DictionaryEntry entry)
    {
        writer.Write(Simple);
        if (!SimpleValues.TryWrite(writer, entry.Key))
            throw new WorkSerializationException("the key exists in this process only");

        // An enumeration of an assembly that other processes do not have.
        if (!SimpleValues.TryWrite(writer, entry.Value))
            SimpleValues.TryWrite(writer, TextOf(entry.Value!));
    }

    private static void Add(ref string? note, string text) =>
        note = note is null ? text : note.Length > MaximumNote ? note : $"{note}; {text}";

    private static string TextOf(object value)
    {
        string text;
        try
        {
            text = value.ToString() ?? "";
        }
        catch (Exception e)
        {
            text = $"({TypeChecks.WithArticle(value.GetType())} whose ToString threw {e.GetType().Name})";
        }

        return text.Length <= MaximumText ? text : text[..MaximumText] + "…";
    }
}
