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

    /// <summary>A lower bound for the size of a value in bytes, at least 1. Counts are checked against it.</summary>
    internal abstract int MinimumSize { get; }

    /// <summary>Whether values are serialized byte by byte, so that many can be copied at once.</summary>
    internal virtual bool IsBlittable => false;

    /// <summary>Returns the codec for a declared type; created once per type.</summary>
    internal static Codec For(Type type)
    {
        // The types of most arguments and results; other types use reflection once.
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

    /// <summary>Gets the instance that generic code uses for a type that is only known at run time.</summary>
    private sealed class Source<T> : Source
    {
        internal override Codec Codec => Codec<T>.Instance;
    }
}
