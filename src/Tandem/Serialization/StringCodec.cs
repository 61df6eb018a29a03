namespace Tandem.Serialization;

/// <summary>
/// Strings: the length in UTF-16 units, or -1 for null, and the units as they are, lone surrogates included. Long ones are numbered as
/// objects are, so that one which many refer to is sent once, and stays one.
/// </summary>
internal sealed class StringCodec : Codec<string?>
{
    /// <summary>From this length on a string is numbered. To look for a shorter one would take longer than to copy it.</summary>
    internal const int Long = 128;

    /// <summary>What the number of a string that was sent before is subtracted from; -1 is null.</summary>
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
            return reader.ObjectAt(Seen - length) as string ?? throw new PayloadCorruptException("something else where a string is due");

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
