namespace Tandem.Serialization;

/// <summary>Strings: the length in UTF-16 units, or -1 for null, and the units as they are, lone surrogates included.</summary>
internal sealed class StringCodec : Codec<string?>
{
    internal override int MinimumSize => sizeof(int);

    internal override void Write(PayloadWriter writer, string? value) => writer.WriteString(value);

    internal override string? Read(PayloadReader reader) => reader.ReadString();
}
