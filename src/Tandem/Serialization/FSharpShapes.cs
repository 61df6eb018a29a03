using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The immutable collections of F#, by their elements: their fields are chains and trees, and their comparers cannot be serialized. They
/// are found by name, because Tandem does not reference F#'s library, and rebuilt through its public API.
/// </summary>
internal static class FSharpShapes
{
    /// <summary>Returns the shape of one of F#'s collections, or null.</summary>
    internal static Shape? Find(string name, Type type)
    {
        Type[] arguments = type.GenericTypeArguments;
        return name switch
        {
            "Microsoft.FSharp.Collections.FSharpList`1" => Make(nameof(List), type, arguments[0]),
            "Microsoft.FSharp.Collections.FSharpSet`1" => Make(nameof(Set), type, arguments[0]),
            "Microsoft.FSharp.Collections.FSharpMap`2" => Make(nameof(Map), type, arguments[0], arguments[1]),
            _ => null,
        };
    }

    private static Shape? Make(string factory, params Type[] arguments) =>
        (Shape?)typeof(FSharpShapes).GetMethod(factory, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(arguments).Invoke(null, null);

    private static ImmutableSequenceShape<TList, T>? List<TList, T>()
        where TList : class, IEnumerable<T>
    {
        const BindingFlags PublicStatic = BindingFlags.Static | BindingFlags.Public;
        MethodInfo? cons = typeof(TList).GetMethod("Cons", PublicStatic, [typeof(T), typeof(TList)]);
        MethodInfo? empty = typeof(TList).GetProperty("Empty", PublicStatic)?.GetMethod;
        if (cons is null || empty is null)
            return null;

        Func<T, TList, TList> add = cons.CreateDelegate<Func<T, TList, TList>>();
        Func<TList> none = empty.CreateDelegate<Func<TList>>();
        return new ImmutableSequenceShape<TList, T>((items, _) =>
        {
            TList list = none();
            for (int i = items.Length - 1; i >= 0; i--)
                list = add(items[i], list);

            return list;
        });
    }

    /// <summary>An F# set always uses the comparison of its element type.</summary>
    private static ImmutableSequenceShape<TSet, T>? Set<TSet, T>()
        where TSet : class, IEnumerable<T> =>
        typeof(TSet).GetConstructor([typeof(IEnumerable<T>)]) is { } constructor
            ? new ImmutableSequenceShape<TSet, T>((items, _) => (TSet)Invoke(constructor, items), isKeyed: true) : null;

    private static ImmutablePairsShape<TMap, TKey, TValue>? Map<TMap, TKey, TValue>()
        where TMap : class, IEnumerable<KeyValuePair<TKey, TValue>> =>
        typeof(TMap).GetConstructor([typeof(IEnumerable<Tuple<TKey, TValue>>)]) is { } constructor
            ? new ImmutablePairsShape<TMap, TKey, TValue>(
                (pairs, _) => (TMap)Invoke(constructor, Array.ConvertAll(pairs, static p => Tuple.Create(p.Key, p.Value))),
                static _ => null)
            : null;

    private static object Invoke(ConstructorInfo constructor, object elements) =>
        constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, [elements], null);
}
