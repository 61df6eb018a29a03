namespace Tandem.Serialization;

/// <summary>The most common dictionary; its pairs are not copied first.</summary>
internal sealed class DictionaryShape<TKey, TValue>() : Shape(typeof(Dictionary<TKey, TValue>), ShapeTraits.Tracked), IFinisher
    where TKey : notnull
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var pairs = (Dictionary<TKey, TValue>)value;
        Comparers.Write(writer, Comparers.OrNull(pairs.Comparer), WireType);
        writer.Write(pairs.Count);
        foreach (KeyValuePair<TKey, TValue> pair in pairs)
            Pairs.WriteOne(writer, pair.Key, pair.Value);
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        object? comparer = Comparers.Read(reader, WireType);
        if (comparer is not (null or IEqualityComparer<TKey>))
            throw new PayloadCorruptException($"{TypeChecks.WithArticle(comparer.GetType())} where a comparer was expected");

        int count = Pairs.ReadCount<TKey, TValue>(reader);
        var pairs = new Dictionary<TKey, TValue>(count, (IEqualityComparer<TKey>?)comparer);
        reader.Finish(number, pairs);
        if (KeyChecks<TKey>.AreComplete(comparer))
            ReadInto(pairs, count, reader);
        else
            ReadThenFill(pairs, count, reader);

        return pairs;
    }

    /// <inheritdoc/>
    public void Finish(object target, object? state)
    {
        var pairs = (Dictionary<TKey, TValue>)target;
        foreach (KeyValuePair<TKey, TValue> pair in (KeyValuePair<TKey, TValue>[])state!)
            Add(pairs, pair.Key, pair.Value);
    }

    private static void ReadInto(Dictionary<TKey, TValue> pairs, int count, PayloadReader reader)
    {
        for (int i = 0; i < count; i++)
        {
            TKey key = Codec<TKey>.Instance.Read(reader);
            Add(pairs, key, Codec<TValue>.Instance.Read(reader));
        }
    }

    private void ReadThenFill(Dictionary<TKey, TValue> pairs, int count, PayloadReader reader)
    {
        KeyValuePair<TKey, TValue>[] read = Pairs.Read<TKey, TValue>(reader, count);
        if (reader.IsSettled)
            Finish(pairs, read);
        else
            reader.FinishLater(this, pairs, read);
    }

    private static void Add(Dictionary<TKey, TValue> pairs, TKey key, TValue value)
    {
        try
        {
            pairs.Add(key, value);
        }
        catch (Exception e)
        {
            throw Rebuilding.Failed(e);
        }
    }
}
