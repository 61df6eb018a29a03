namespace Tandem.Serialization;

/// <summary>Values whose declared type is a class, interface or array: null, an object that was sent before, or a new object.</summary>
internal sealed class ReferenceCodec<T> : Codec<T>
{
    private Shape? _own;

    internal override int MinimumSize => 1;

    // Determined at the first value, not when the codec is created: types may contain each other.
    private Shape Own => _own ??= Shape.For(typeof(T));

    internal override void Write(PayloadWriter writer, T value)
    {
        if (value is null)
            writer.Write((byte)ObjectGraph.Null);
        else
            ObjectGraph.Write(writer, value, typeof(T), Own);
    }

    internal override T Read(PayloadReader reader)
    {
        object? value = ObjectGraph.Read(reader, typeof(T), Own);
        return value switch
        {
            T typed => typed,
            null => default!,
            _ => throw new PayloadCorruptException(
                $"{TypeChecks.WithArticle(value.GetType())} where {TypeChecks.WithArticle(typeof(T))} was expected"),
        };
    }
}
