using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Tandem.Serialization;

/// <summary>
/// The collections that are rebuilt by adding elements, with one method each. They are found by name (<see cref="FrameworkShapes"/>) and
/// JIT-compiled one by one, so that a program pays only for those that it uses.
/// </summary>
internal static class CollectionShapes
{
    internal static Shape HashSet<T>() => new SequenceShape<HashSet<T>, T>(
        static c => new HashSet<T>((IEqualityComparer<T>?)c),
        static (set, item) => Unique(set.Add(item)),
        Comparers.Of(static (HashSet<T> set) => set.Comparer));

    internal static Shape SortedSet<T>() => new SequenceShape<SortedSet<T>, T>(
        static c => new SortedSet<T>((IComparer<T>?)c),
        static (set, item) => Unique(set.Add(item)),
        Comparers.Of(static (SortedSet<T> set) => set.Comparer));

    internal static Shape Queue<T>() => new SequenceShape<Queue<T>, T>(
        static _ => new Queue<T>(), static (queue, item) => queue.Enqueue(item));

    internal static Shape Stack<T>() => new SequenceShape<Stack<T>, T>(
        static _ => new Stack<T>(), static (stack, item) => stack.Push(item))
    { LastFirst = true };

    internal static Shape LinkedList<T>() => new SequenceShape<LinkedList<T>, T>(
        static _ => new LinkedList<T>(), static (list, item) => list.AddLast(item));

    internal static Shape PriorityQueue<TElement, TPriority>() =>
        new SequenceShape<PriorityQueue<TElement, TPriority>, (TElement, TPriority)>(
            static c => new PriorityQueue<TElement, TPriority>((IComparer<TPriority>?)c),
            static (queue, item) => queue.Enqueue(item.Item1, item.Item2),
            Comparers.Of(static (PriorityQueue<TElement, TPriority> queue) => queue.Comparer))
        {
            ItemsOf = static queue => queue.UnorderedItems,
        };

    internal static Shape ConcurrentQueue<T>() => new SequenceShape<ConcurrentQueue<T>, T>(
        static _ => new ConcurrentQueue<T>(), static (queue, item) => queue.Enqueue(item));

    internal static Shape ConcurrentStack<T>() => new SequenceShape<ConcurrentStack<T>, T>(
        static _ => new ConcurrentStack<T>(), static (stack, item) => stack.Push(item))
    { LastFirst = true };

    internal static Shape ConcurrentBag<T>() => new SequenceShape<ConcurrentBag<T>, T>(
        static _ => [], static (bag, item) => bag.Add(item))
    { LastFirst = true };

    internal static Shape ImmutableList<T>() => new ImmutableSequenceShape<ImmutableList<T>, T>(static (items, _) => [.. items]);

    internal static Shape ImmutableQueue<T>() => new ImmutableSequenceShape<ImmutableQueue<T>, T>(static (items, _) => [.. items]);

    internal static Shape ImmutableStack<T>() => new ImmutableSequenceShape<ImmutableStack<T>, T>(static (items, _) =>
    {
        Array.Reverse(items);
        return [.. items];
    });

    internal static Shape ImmutableHashSet<T>() => new ImmutableSequenceShape<ImmutableHashSet<T>, T>(
        static (items, c) => items.ToImmutableHashSet((IEqualityComparer<T>?)c),
        Comparers.Of(static (ImmutableHashSet<T> set) => set.KeyComparer));

    internal static Shape ImmutableSortedSet<T>() => new ImmutableSequenceShape<ImmutableSortedSet<T>, T>(
        static (items, c) => items.ToImmutableSortedSet((IComparer<T>?)c),
        Comparers.Of(static (ImmutableSortedSet<T> set) => set.KeyComparer));

    internal static Shape FrozenSet<T>() => new ImmutableSequenceShape<FrozenSet<T>, T>(
        static (items, c) => items.ToFrozenSet((IEqualityComparer<T>?)c),
        Comparers.Of(static (FrozenSet<T> set) => set.Comparer));

    internal static Shape SortedDictionary<TKey, TValue>()
        where TKey : notnull => new PairsShape<SortedDictionary<TKey, TValue>, TKey, TValue>(
            static c => new SortedDictionary<TKey, TValue>((IComparer<TKey>?)c),
            static (pairs, key, value) => pairs.Add(key, value),
            Comparers.Of(static (SortedDictionary<TKey, TValue> pairs) => pairs.Comparer));

    internal static Shape OrderedDictionary<TKey, TValue>()
        where TKey : notnull => new PairsShape<OrderedDictionary<TKey, TValue>, TKey, TValue>(
            static c => new OrderedDictionary<TKey, TValue>((IEqualityComparer<TKey>?)c),
            static (pairs, key, value) => pairs.Add(key, value),
            Comparers.Of(static (OrderedDictionary<TKey, TValue> pairs) => pairs.Comparer));

    internal static Shape ConcurrentDictionary<TKey, TValue>()
        where TKey : notnull => new PairsShape<ConcurrentDictionary<TKey, TValue>, TKey, TValue>(
            static c => new ConcurrentDictionary<TKey, TValue>((IEqualityComparer<TKey>?)c),
            static (pairs, key, value) => Unique(pairs.TryAdd(key, value)),
            Comparers.Of(static (ConcurrentDictionary<TKey, TValue> pairs) => pairs.Comparer));

    internal static Shape ImmutableDictionary<TKey, TValue>()
        where TKey : notnull => new ImmutablePairsShape<ImmutableDictionary<TKey, TValue>, TKey, TValue>(
            static (pairs, c) =>
            {
                object?[] both = Comparers.Two(c);
                return pairs.ToImmutableDictionary((IEqualityComparer<TKey>?)both[0], (IEqualityComparer<TValue>?)both[1]);
            },
            static pairs => Comparers.Two(Comparers.OrNull(pairs.KeyComparer), Comparers.OrNull(pairs.ValueComparer)));

    internal static Shape ImmutableSortedDictionary<TKey, TValue>()
        where TKey : notnull => new ImmutablePairsShape<ImmutableSortedDictionary<TKey, TValue>, TKey, TValue>(
            static (pairs, c) =>
            {
                object?[] both = Comparers.Two(c);
                return pairs.ToImmutableSortedDictionary((IComparer<TKey>?)both[0], (IEqualityComparer<TValue>?)both[1]);
            },
            static pairs => Comparers.Two(Comparers.OrNull(pairs.KeyComparer), Comparers.OrNull(pairs.ValueComparer)));

    internal static Shape FrozenDictionary<TKey, TValue>()
        where TKey : notnull => new ImmutablePairsShape<FrozenDictionary<TKey, TValue>, TKey, TValue>(
            static (pairs, c) => pairs.ToFrozenDictionary((IEqualityComparer<TKey>?)c),
            Comparers.Of(static (FrozenDictionary<TKey, TValue> pairs) => pairs.Comparer));

    internal static Shape Lookup<TKey, TElement>() => new LookupShape<TKey, TElement>();

    private static void Unique(bool added)
    {
        if (!added)
            throw new PayloadCorruptException("a duplicate element");
    }
}
