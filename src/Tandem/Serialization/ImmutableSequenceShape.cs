using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>Immutable collections of single elements.</summary>
internal sealed class ImmutableSequenceShape<TCollection, T>(
    Func<T[], object?, TCollection> build, Func<TCollection, object?>? comparerOf = null, bool isKeyed = false)
    : LateShape(typeof(TCollection))
    where TCollection : class, IEnumerable<T>
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var collection = (TCollection)value;
        if (comparerOf is not null)
            Comparers.Write(writer, comparerOf(collection), WireType);

        writer.References.WritesKeys = isKeyed || comparerOf is not null;
        Items.Write<T>(writer, CollectionsMarshal.AsSpan(new List<T>(collection)));
        writer.References.WritesKeys = false;
    }

    protected override object Build(PayloadReader reader)
    {
        object? comparer = comparerOf is null ? null : Comparers.Read(reader, WireType);
        return build(Items.Read<T>(reader), comparer);
    }
}
