using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Dictionaries with simple keys.</summary>
internal sealed class ClosedMap<TKey, TValue>(ClosedType key, ClosedType value) : ClosedObject(typeof(Dictionary<TKey, TValue>))
    where TKey : notnull
{
    internal override void WriteContents(ClosedWriter writer, object dictionary)
    {
        var map = (Dictionary<TKey, TValue>)dictionary;
        ClosedComparers.Write(writer.Bytes, map.Comparer);
        writer.Bytes.Write(map.Count);
        foreach (KeyValuePair<TKey, TValue> pair in map)
        {
            try
            {
                key.Write(writer, pair.Key);
                value.Write(writer, pair.Value);
            }
            catch (WorkSerializationException e) when (GraphPath.AddKey(e, pair.Key))
            {
                throw;
            }
        }
    }

    internal override object ReadContents(ClosedReader reader)
    {
        int number = reader.Reserve(ObjectSize);
        IEqualityComparer<TKey>? comparer = ClosedComparers.Read<TKey>(reader);
        int count = reader.ReadCount(
            key.MinimumSize + value.MinimumSize, Unsafe.SizeOf<TKey>() + Unsafe.SizeOf<TValue>() + EntrySize);
        var map = new Dictionary<TKey, TValue>(count, comparer);
        reader.Finish(number, map);
        for (int i = 0; i < count; i++)
        {
            if (key.Read(reader) is not TKey read || !map.TryAdd(read, (TValue)value.Read(reader)!))
                throw new PayloadCorruptException("a key that is null or was there before");
        }

        return map;
    }
}
