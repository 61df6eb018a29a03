using System.Collections.Concurrent;

namespace Tandem.Serialization;

/// <summary>Writes and reads values of one declared type.</summary>
internal abstract class Codec
{
    private static readonly ConcurrentDictionary<Type, Codec> Known = new();

    /// <summary>Writes a boxed value of the codec's type.</summary>
    internal abstract void WriteObject(PayloadWriter writer, object? value);

    /// <summary>Reads a value of the codec's type, boxed.</summary>
    internal abstract object? ReadObject(PayloadReader reader);

    /// <summary>A lower bound for the bytes that one value takes, at least 1; counts are checked against it.</summary>
    internal abstract int MinimumSize { get; }

    /// <summary>Whether a value travels exactly as it lies in memory, so that many can be copied at once.</summary>
    internal virtual bool IsBlittable => false;

    /// <summary>The codec for a declared type; made once per type.</summary>
    internal static Codec For(Type type)
    {
        // The types of most arguments and results; the rest costs reflection once.
        if (type == typeof(string))
            return Codec<string>.Instance;

        if (type == typeof(int))
            return Codec<int>.Instance;

        return Known.TryGetValue(type, out Codec? codec) ? codec : Known.GetOrAdd(type, Make(type));
    }

    private static Codec Make(Type type)
    {
        if (TypeChecks.IsUnusable(type))
            return new UnusableCodec(type);

        return ((Source)Activator.CreateInstance(typeof(Source<>).MakeGenericType(type))!).Codec;
    }

    private abstract class Source
    {
        internal abstract Codec Codec { get; }
    }

    /// <summary>Leads from a type that is only known at run time to the instance that generic code uses.</summary>
    private sealed class Source<T> : Source
    {
        internal override Codec Codec => Codec<T>.Instance;
    }
}

/// <inheritdoc cref="Codec"/>
internal abstract class Codec<T> : Codec
{
    /// <summary>The codec for <typeparamref name="T"/>.</summary>
    internal static Codec<T> Instance { get; } = Make();

    /// <summary>Writes a value; throws <see cref="WorkSerializationException"/> with the path below this value.</summary>
    internal abstract void Write(PayloadWriter writer, T value);

    /// <summary>Reads a value; throws <see cref="PayloadCorruptException"/>.</summary>
    internal abstract T Read(PayloadReader reader);

    internal sealed override void WriteObject(PayloadWriter writer, object? value) => Write(writer, (T)value!);

    internal sealed override object? ReadObject(PayloadReader reader) => Read(reader);

    // Needs no reflection for what a worker's first call is made of; the JIT drops the branches that do not apply.
    private static Codec<T> Make()
    {
        if (typeof(T) == typeof(string))
            return (Codec<T>)(object)new StringCodec();

        if (!typeof(T).IsValueType)
            return new ReferenceCodec<T>();

        if (BlittableTypes.TravelsAsBytes<T>())
            return new BlittableCodec<T>();

        return (Codec<T>)StructCodecs.Make(typeof(T));
    }
}
