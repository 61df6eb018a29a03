using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Arrays and lists.</summary>
internal sealed class ClosedArray<T>(ClosedType element, bool isList) : ClosedObject(isList ? typeof(List<T>) : typeof(T[]))
{
    internal override void WriteContents(ClosedWriter writer, object value)
    {
        var items = (IList<T>)value;
        writer.Bytes.Write(items.Count);
        int i = 0;
        try
        {
            for (; i < items.Count; i++)
                element.Write(writer, items[i]);
        }
        catch (WorkSerializationException e) when (GraphPath.AddIndex(e, i))
        {
            throw;
        }
    }

    internal override object ReadContents(ClosedReader reader)
    {
        int number = reader.Reserve(ObjectSize);
        int count = reader.ReadCount(element.MinimumSize, Unsafe.SizeOf<T>());
        if (isList)
        {
            var list = new List<T>(count);
            reader.Finish(number, list);
            for (int i = 0; i < count; i++)
                list.Add((T)element.Read(reader)!);

            return list;
        }

        var array = new T[count];
        reader.Finish(number, array);
        for (int i = 0; i < count; i++)
            array[i] = (T)element.Read(reader)!;

        return array;
    }
}
