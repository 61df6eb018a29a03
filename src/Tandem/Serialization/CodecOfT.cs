namespace Tandem.Serialization;

/// <inheritdoc cref="Codec"/>
internal abstract class Codec<T> : Codec
{
    /// <summary>The codec for <typeparamref name="T"/>.</summary>
    internal static Codec<T> Instance { get; } = Make();

    /// <summary>Writes a value. Throws <see cref="WorkSerializationException"/> with the path below this value.</summary>
    internal abstract void Write(PayloadWriter writer, T value);

    /// <summary>Reads a value. Throws <see cref="PayloadCorruptException"/>.</summary>
    internal abstract T Read(PayloadReader reader);

    internal sealed override void WriteObject(PayloadWriter writer, object? value) => Write(writer, (T)value!);

    internal sealed override object? ReadObject(PayloadReader reader) => Read(reader);

    // No reflection for the types of a worker's first call. The JIT removes the branches that do not apply.
    private static Codec<T> Make()
    {
        if (typeof(T) == typeof(string))
            return (Codec<T>)(object)new StringCodec();

        if (!typeof(T).IsValueType)
            return new ReferenceCodec<T>();

        if (BlittableTypes.IsCopiedAsBytes<T>())
            return new BlittableCodec<T>();

        return (Codec<T>)StructCodecs.Make(typeof(T));
    }
}
