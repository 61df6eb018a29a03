using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>Mutable collections of single elements: the comparer, if any, and the elements.</summary>
/// <remarks>
/// They are serialized by element and not by field. Fields contain chains (whose depth the stack limits), hash tables (which differ
/// between processes), or indexes that a damaged payload could make invalid.
/// </remarks>
internal sealed class SequenceShape<TCollection, T>(
    Func<object?, TCollection> create, Action<TCollection, T> add, Func<TCollection, object?>? comparerOf = null)
    : Shape(typeof(TCollection), ShapeTraits.Tracked), IFinisher
    where TCollection : class
{
    /// <summary>Whether the collection enumerates the element first that was added last.</summary>
    internal bool LastFirst { get; init; }

    /// <summary>Returns the elements, if the collection itself is not enumerable.</summary>
    internal Func<TCollection, IEnumerable<T>>? ItemsOf { get; init; }

    internal override void Write(PayloadWriter writer, object value)
    {
        var collection = (TCollection)value;
        if (comparerOf is not null)
            Comparers.Write(writer, comparerOf(collection), WireType);

        Items.Write<T>(writer, CollectionsMarshal.AsSpan(new List<T>(ItemsOf is null ? (IEnumerable<T>)collection : ItemsOf(collection))));
    }

    internal override object? Read(PayloadReader reader)
    {
        // The writer numbered the collection before its comparer, which is needed to create the collection.
        int number = reader.ReserveNumber();
        object? comparer = comparerOf is null ? null : Comparers.Read(reader, WireType);
        TCollection collection = Rebuilding.Run(static s => s.create(s.comparer), (create, comparer));
        reader.Finish(number, collection);
        T[] items = Items.Read<T>(reader);
        if (comparerOf is null || KeyChecks<T>.MayFill(reader, comparer))
            Finish(collection, items);
        else
            reader.FinishLater(this, collection, items);

        return collection;
    }

    /// <summary>Adds the elements.</summary>
    public void Finish(object target, object? state) => Rebuilding.Run(
        static s =>
        {
            for (int i = 0; i < s.items.Length; i++)
                s.add(s.collection, s.items[s.lastFirst ? s.items.Length - 1 - i : i]);
            return true;
        },
        (items: (T[])state!, collection: (TCollection)target, add, lastFirst: LastFirst));
}
