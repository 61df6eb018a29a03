namespace Tandem.Serialization;

/// <summary>A structure that may be null.</summary>
internal sealed class ClosedNullable(ClosedType underlying) : ClosedType
{
    internal override int MinimumSize => 1;

    internal override void Write(ClosedWriter writer, object? value)
    {
        writer.Bytes.Write(value is null ? (byte)0 : (byte)1);
        if (value is not null)
            underlying.Write(writer, value);
    }

    internal override object? Read(ClosedReader reader) => reader.Read<byte>() switch
    {
        0 => null,
        1 => underlying.Read(reader),
        byte kind => throw new PayloadCorruptException($"a nullable value of kind {kind}"),
    };
}
