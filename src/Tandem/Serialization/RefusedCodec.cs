namespace Tandem.Serialization;

/// <summary>A struct that cannot be serialized.</summary>
internal sealed class RefusedCodec<T>(string reason) : Codec<T>
{
    internal override int MinimumSize => 1;

    internal override void Write(PayloadWriter writer, T value) => throw new WorkSerializationException(reason);

    internal override T Read(PayloadReader reader) =>
        throw new PayloadCorruptException($"{TypeChecks.WithArticle(typeof(T))}, which cannot be serialized");
}
