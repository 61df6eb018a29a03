namespace Tandem.Serialization;

/// <summary>One-dimensional arrays whose index starts at 0.</summary>
internal sealed class ArrayShape<T>() : Shape(typeof(T[]), ShapeTraits.Tracked)
{
    /// <summary>Replaces the length for the singleton empty array (<c>Array.Empty</c>).</summary>
    private const int TheEmptyArray = -1;

    internal override void Write(PayloadWriter writer, object value)
    {
        var array = (T[])value;
        if (writer.References.Ranges is not null)
            Ranges.ThrowIfSent(writer, array);

        if (array.Length == 0 && ReferenceEquals(array, Array.Empty<T>()))
            writer.Write(TheEmptyArray);
        else
            Items.Write(writer, new ReadOnlySpan<T>(array));
    }

    internal override object? Read(PayloadReader reader)
    {
        int count = reader.ReadInt32();
        T[] items = count == TheEmptyArray ? [] : Items.NewArray<T>(reader.CheckCount(count, Codec<T>.Instance.MinimumSize));
        reader.Objects.Add(items);
        Items.ReadContent(reader, new Span<T>(items));
        return items;
    }
}
