namespace Tandem.Serialization;

/// <summary>Other mutable dictionaries.</summary>
internal sealed class PairsShape<TDictionary, TKey, TValue>(
    Func<object?, TDictionary> create, Action<TDictionary, TKey, TValue> add, Func<TDictionary, object?> comparerOf)
    : Shape(typeof(TDictionary), ShapeTraits.Tracked), IFinisher
    where TDictionary : class, IEnumerable<KeyValuePair<TKey, TValue>>
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var pairs = (TDictionary)value;
        Comparers.Write(writer, comparerOf(pairs), WireType);
        Pairs.Write(writer, new List<KeyValuePair<TKey, TValue>>(pairs));
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        object? comparer = Comparers.Read(reader, WireType);
        TDictionary dictionary = Rebuilding.Run(static s => s.create(s.comparer), (create, comparer));
        reader.Finish(number, dictionary);
        KeyValuePair<TKey, TValue>[] pairs = Pairs.Read<TKey, TValue>(reader);
        if (KeyChecks<TKey>.MayFill(reader, comparer))
            Finish(dictionary, pairs);
        else
            reader.FinishLater(this, dictionary, pairs);

        return dictionary;
    }

    /// <inheritdoc/>
    public void Finish(object target, object? state) => Rebuilding.Run(
        static s =>
        {
            foreach (KeyValuePair<TKey, TValue> pair in s.pairs)
                s.add(s.dictionary, pair.Key, pair.Value);
            return true;
        },
        (pairs: (KeyValuePair<TKey, TValue>[])state!, dictionary: (TDictionary)target, add));
}
