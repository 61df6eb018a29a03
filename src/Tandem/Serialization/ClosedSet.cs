using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Sets of simple values.</summary>
internal sealed class ClosedSet<T>(ClosedType element) : ClosedObject(typeof(HashSet<T>))
{
    internal override void WriteContents(ClosedWriter writer, object value)
    {
        var set = (HashSet<T>)value;
        ClosedComparers.Write(writer.Bytes, set.Comparer);
        writer.Bytes.Write(set.Count);
        foreach (T item in set)
            element.Write(writer, item);
    }

    internal override object ReadContents(ClosedReader reader)
    {
        int number = reader.Reserve(ObjectSize);
        IEqualityComparer<T>? comparer = ClosedComparers.Read<T>(reader);
        int count = reader.ReadCount(element.MinimumSize, Unsafe.SizeOf<T>() + EntrySize);
        var set = new HashSet<T>(count, comparer);
        for (int i = 0; i < count; i++)
        {
            if (!set.Add((T)element.Read(reader)!))
                throw new PayloadCorruptException("a duplicate element");
        }

        reader.Finish(number, set);
        return set;
    }
}
