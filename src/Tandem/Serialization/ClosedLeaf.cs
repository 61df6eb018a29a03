namespace Tandem.Serialization;

/// <summary>A type without parts: a number, a text, a time.</summary>
internal sealed class ClosedLeaf<T>(int minimumSize, Action<PayloadWriter, T> write, Func<ClosedReader, T> read) : ClosedType
{
    internal override int MinimumSize => minimumSize;

    internal override void Write(ClosedWriter writer, object? value) => write(writer.Bytes, (T)value!);

    internal override object? Read(ClosedReader reader) => read(reader);
}
