namespace Tandem.Serialization;

/// <summary>The comparers of collections; null for the default comparer, which most collections have.</summary>
internal static class Comparers
{
    /// <summary>Creates a function that returns the comparer of a collection.</summary>
    internal static Func<TCollection, object?> Of<T, TCollection>(Func<TCollection, IEqualityComparer<T>> get) =>
        collection => OrNull(get(collection));

    /// <inheritdoc cref="Of{T, TCollection}(Func{TCollection, IEqualityComparer{T}})"/>
    internal static Func<TCollection, object?> Of<T, TCollection>(Func<TCollection, IComparer<T>> get) =>
        collection => OrNull(get(collection));

    internal static object? OrNull<T>(IEqualityComparer<T>? comparer) =>
        ReferenceEquals(comparer, EqualityComparer<T>.Default) ? null : comparer;

    internal static object? OrNull<T>(IComparer<T>? comparer) => ReferenceEquals(comparer, Comparer<T>.Default) ? null : comparer;

    internal static void Write(PayloadWriter writer, object? comparer)
    {
        try
        {
            Codec<object?>.Instance.Write(writer, comparer);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, ".Comparer"))
        {
            throw;
        }
    }

    internal static object? Read(PayloadReader reader) => Codec<object?>.Instance.Read(reader);

    /// <summary>Combines the comparers of a collection that has two.</summary>
    internal static object? Two(object? first, object? second) => first is null && second is null ? null : new[] { first, second };

    /// <summary>Splits the result of the other overload.</summary>
    internal static object?[] Two(object? joined) => joined is null ? new object?[2] : (object?[])joined;
}
