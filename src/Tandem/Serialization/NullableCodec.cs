namespace Tandem.Serialization;

/// <summary>Nullable structs that cannot simply be copied.</summary>
internal sealed class NullableCodec<T> : Codec<T?>
    where T : struct
{
    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, T? value)
    {
        writer.Write((byte)(value.HasValue ? 1 : 0));
        if (value.HasValue)
            Codec<T>.Instance.Write(writer, value.GetValueOrDefault());
    }

    internal override T? Read(PayloadReader reader) => reader.Read<byte>() == 0 ? null : Codec<T>.Instance.Read(reader);
}
