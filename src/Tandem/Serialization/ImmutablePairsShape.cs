namespace Tandem.Serialization;

/// <summary>Immutable and frozen dictionaries.</summary>
internal sealed class ImmutablePairsShape<TDictionary, TKey, TValue>(
    Func<KeyValuePair<TKey, TValue>[], object?, TDictionary> build, Func<TDictionary, object?> comparerOf)
    : LateShape(typeof(TDictionary))
    where TDictionary : class, IEnumerable<KeyValuePair<TKey, TValue>>
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var pairs = (TDictionary)value;
        Comparers.Write(writer, comparerOf(pairs), WireType);
        Pairs.Write(writer, new List<KeyValuePair<TKey, TValue>>(pairs), ofParts: true);
    }

    protected override object Build(PayloadReader reader)
    {
        object? comparer = Comparers.Read(reader, WireType);
        return build(Pairs.Read<TKey, TValue>(reader), comparer);
    }
}
