using System.Runtime.InteropServices;

namespace Tandem.Serialization;

/// <summary>Lists; blittable elements are copied at once.</summary>
internal sealed class ListShape<T>() : Shape(typeof(List<T>), ShapeTraits.Tracked)
{
    internal override void Write(PayloadWriter writer, object value) => Items.Write<T>(writer, CollectionsMarshal.AsSpan((List<T>)value));

    internal override object? Read(PayloadReader reader)
    {
        int count = Items.ReadCount<T>(reader);
        var list = new List<T>(count);
        reader.Objects.Add(list);
        CollectionsMarshal.SetCount(list, count);
        Items.ReadContent(reader, CollectionsMarshal.AsSpan(list));
        return list;
    }
}
