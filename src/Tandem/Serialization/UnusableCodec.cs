namespace Tandem.Serialization;

/// <summary>A declared type that generic code cannot use, such as a pointer.</summary>
internal sealed class UnusableCodec(Type type) : Codec
{
    internal override int MinimumSize => 1;

    internal override void WriteObject(PayloadWriter writer, object? value) =>
        throw new WorkSerializationException(Refusals.ForUnusable(type));

    internal override object? ReadObject(PayloadReader reader) =>
        throw new PayloadCorruptException($"{TypeChecks.WithArticle(type)}, which cannot be serialized");
}
