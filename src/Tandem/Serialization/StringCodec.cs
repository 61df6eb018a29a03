namespace Tandem.Serialization;

/// <summary>
/// Strings: the length in UTF-16 code units (-1 for null), followed by the unmodified units, including lone surrogates. Long strings are
/// numbered like objects, so that a string with many references is sent once and stays one object.
/// </summary>
internal sealed class StringCodec : Codec<string?>
{
    /// <summary>Strings from this length on are numbered. Searching for a shorter one would take longer than copying it.</summary>
    internal const int Long = 128;

    /// <summary>The number of a string that was sent before is subtracted from this; -1 is null.</summary>
    private const int Seen = -2;

    internal override int MinimumSize => sizeof(int);

    internal override void Write(PayloadWriter writer, string? value) => WriteText(writer, value);

    internal override string? Read(PayloadReader reader) => ReadText(reader);

    internal static void WriteText(PayloadWriter writer, string? value)
    {
        if (value is null || value.Length < Long)
            writer.WriteString(value);
        else
            WriteLong(writer, value);
    }

    internal static string? ReadText(PayloadReader reader)
    {
        int length = reader.ReadInt32();
        if (length <= Seen)
            return reader.ObjectAt(Seen - length) as string ?? throw new PayloadCorruptException(
                "another object where a string was expected");

        string? value = reader.ReadString(length);
        if (length >= Long)
            reader.Objects.Add(value);

        return value;
    }

    private static void WriteLong(PayloadWriter writer, string value)
    {
        int known = writer.References.Find(value);
        if (known >= 0)
        {
            writer.Write(Seen - known);
            return;
        }

        writer.References.Add(value);
        writer.WriteString(value);
    }
}
