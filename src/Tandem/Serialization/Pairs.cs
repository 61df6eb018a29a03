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
