namespace Tandem.Serialization;

/// <summary>Sequences of keys and values.</summary>
internal static class Pairs
{
    internal static void Write<TKey, TValue>(PayloadWriter writer, List<KeyValuePair<TKey, TValue>> pairs, bool ofParts = false)
    {
        writer.Write(pairs.Count);
        foreach (KeyValuePair<TKey, TValue> pair in pairs)
            WriteOne(writer, pair.Key, pair.Value, ofParts);
    }

    /// <summary>Writes a pair. <paramref name="ofParts"/> is set if the reader creates the collection from its completed parts.</summary>
    internal static void WriteOne<TKey, TValue>(PayloadWriter writer, TKey key, TValue value, bool ofParts = false)
    {
        try
        {
            writer.References.WritesKeys = ofParts;
            Codec<TKey>.Instance.Write(writer, key);
            writer.References.WritesKeys = false;
            Codec<TValue>.Instance.Write(writer, value);
        }
        catch (WorkSerializationException e) when (GraphPath.AddKey(e, key))
        {
            throw;
        }
    }

    internal static KeyValuePair<TKey, TValue>[] Read<TKey, TValue>(PayloadReader reader) =>
        Read<TKey, TValue>(reader, ReadCount<TKey, TValue>(reader));

    internal static KeyValuePair<TKey, TValue>[] Read<TKey, TValue>(PayloadReader reader, int count)
    {
        var pairs = new KeyValuePair<TKey, TValue>[count];
        for (int i = 0; i < pairs.Length; i++)
        {
            TKey key = Codec<TKey>.Instance.Read(reader);
            pairs[i] = new(key, Codec<TValue>.Instance.Read(reader));
        }

        return pairs;
    }

    internal static int ReadCount<TKey, TValue>(PayloadReader reader) =>
        reader.ReadCount(Codec<TKey>.Instance.MinimumSize + Codec<TValue>.Instance.MinimumSize);
}

/// <summary>The most common dictionary; its pairs are not copied first.</summary>
internal sealed class DictionaryShape<TKey, TValue>() : Shape(typeof(Dictionary<TKey, TValue>), ShapeTraits.Tracked), IFinisher
    where TKey : notnull
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var pairs = (Dictionary<TKey, TValue>)value;
        Comparers.Write(writer, Comparers.OrNull(pairs.Comparer));
        writer.Write(pairs.Count);
        foreach (KeyValuePair<TKey, TValue> pair in pairs)
            Pairs.WriteOne(writer, pair.Key, pair.Value);
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        object? comparer = Comparers.Read(reader);
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

/// <summary>Other mutable dictionaries.</summary>
internal sealed class PairsShape<TDictionary, TKey, TValue>(
    Func<object?, TDictionary> create, Action<TDictionary, TKey, TValue> add, Func<TDictionary, object?> comparerOf)
    : Shape(typeof(TDictionary), ShapeTraits.Tracked), IFinisher
    where TDictionary : class, IEnumerable<KeyValuePair<TKey, TValue>>
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var pairs = (TDictionary)value;
        Comparers.Write(writer, comparerOf(pairs));
        Pairs.Write(writer, new List<KeyValuePair<TKey, TValue>>(pairs));
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        object? comparer = Comparers.Read(reader);
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

/// <summary>Immutable and frozen dictionaries.</summary>
internal sealed class ImmutablePairsShape<TDictionary, TKey, TValue>(
    Func<KeyValuePair<TKey, TValue>[], object?, TDictionary> build, Func<TDictionary, object?> comparerOf)
    : LateShape(typeof(TDictionary))
    where TDictionary : class, IEnumerable<KeyValuePair<TKey, TValue>>
{
    internal override void Write(PayloadWriter writer, object value)
    {
        var pairs = (TDictionary)value;
        Comparers.Write(writer, comparerOf(pairs));
        Pairs.Write(writer, new List<KeyValuePair<TKey, TValue>>(pairs), ofParts: true);
    }

    protected override object Build(PayloadReader reader)
    {
        object? comparer = Comparers.Read(reader);
        return build(Pairs.Read<TKey, TValue>(reader), comparer);
    }
}
