using System.Collections;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>The comparers of collections; null for the default comparer, which most collections have.</summary>
internal static class Comparers
{
    private const int MaximumDepth = 3;

    /// <summary>Creates a function that returns the comparer of a collection.</summary>
    internal static Func<TCollection, object?> Of<T, TCollection>(Func<TCollection, IEqualityComparer<T>> get) =>
        collection => OrNull(get(collection));

    /// <inheritdoc cref="Of{T, TCollection}(Func{TCollection, IEqualityComparer{T}})"/>
    internal static Func<TCollection, object?> Of<T, TCollection>(Func<TCollection, IComparer<T>> get) =>
        collection => OrNull(get(collection));

    internal static object? OrNull<T>(IEqualityComparer<T>? comparer) =>
        ReferenceEquals(comparer, EqualityComparer<T>.Default) ? null : comparer;

    internal static object? OrNull<T>(IComparer<T>? comparer) => ReferenceEquals(comparer, Comparer<T>.Default) ? null : comparer;

    /// <summary>Writes a comparer.</summary>
    /// <param name="writer">The target.</param>
    /// <param name="comparer">The comparer; null for the default one.</param>
    /// <param name="collection">The type that a program declares for the collection.</param>
    internal static void Write(PayloadWriter writer, object? comparer, Type collection)
    {
        try
        {
            if (comparer is not null)
                Check(writer, comparer, collection);

            Codec<object?>.Instance.Write(writer, comparer);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, ".Comparer"))
        {
            throw;
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    internal static object? Read(PayloadReader reader, Type collection)
    {
        object? comparer = Codec<object?>.Instance.Read(reader);
        if (comparer is not null)
            Check(reader, comparer, collection);

        return comparer;
    }

    /// <summary>Refuses a comparer that may not be part of an answer: reading the answer would run its code.</summary>
    internal static void Check(PayloadWriter writer, object comparer, Type collection)
    {
        if (FindRefused(writer.Answer, comparer, collection) is { } foreign)
            throw new WorkSerializationException(Refusals.ForAnsweredComparer(foreign));
    }

    /// <summary>Refuses what the writing side must have refused. The comparer has not run yet.</summary>
    internal static void Check(PayloadReader reader, object comparer, Type collection)
    {
        if (FindRefused(reader.Answer, comparer, collection) is { } foreign)
            throw new PayloadCorruptException($"the comparer {TypeChecks.Display(foreign)} in an answer");
    }

    private static Type? FindRefused(AnswerPolicy? answer, object comparer, Type collection) =>
        answer is null || answer.AllowsOwnComparer(collection) ? null : FindForeign(comparer);

    /// <summary>Whether a field holds a comparer of a collection that is serialized by its fields.</summary>
    internal static bool IsOfCollection(FieldInfo field)
    {
        if (field.DeclaringType is not { } declaring || !TypeChecks.IsOfFramework(declaring))
            return false;

        Type type = field.FieldType;
        if (type.IsConstructedGenericType)
            type = type.GetGenericTypeDefinition();

        return type == typeof(IComparer<>) || type == typeof(IEqualityComparer<>) || type == typeof(IComparer)
            || type == typeof(IEqualityComparer) || type == typeof(Comparer<>) || type == typeof(EqualityComparer<>);
    }

    /// <summary>
    /// Returns the type of a comparer that is not one of the framework's own without state; otherwise null. A comparer that only combines
    /// others is one of these if they are.
    /// </summary>
    private static Type? FindForeign(object? comparer, int depth = 0)
    {
        if (comparer is null)
            return null;

        if (comparer is object?[] both)
            return Array.Find(Array.ConvertAll(both, one => FindForeign(one, depth)), static type => type is not null);

        Type type = comparer.GetType();
        if (depth > MaximumDepth || !FrameworkAssemblies.Contains(type.Assembly))
            return type;

        if (comparer is ReferenceEqualityComparer or Comparer or CaseInsensitiveComparer
            || Shape.For(type) is DefaultComparerShape or StringComparerShape or OnlyShape)
            return null;

        // Not even null, because the fields of an object that is not complete would be filled later.
        var fields = new FieldPlan(type);
        for (int i = 0; i < fields.Count; i++)
        {
            object? part = fields.GetValue(comparer, i);
            if (part is null || FindForeign(part, depth + 1) is not null)
                return type;
        }

        return null;
    }

    /// <summary>Combines the comparers of a collection that has two.</summary>
    internal static object? Two(object? first, object? second) => first is null && second is null ? null : new[] { first, second };

    /// <summary>Splits the result of the other overload.</summary>
    internal static object?[] Two(object? joined) => joined is null ? new object?[2] : (object?[])joined;
}
