namespace Tandem.Serialization;

/// <summary>Objects that are rebuilt from a few values through their API.</summary>
internal sealed class ValueShape<T>(Action<PayloadWriter, T> write, Func<PayloadReader, T> read) : LateShape(typeof(T))
    where T : class
{
    internal override void Write(PayloadWriter writer, object value) => write(writer, (T)value);

    protected override object Build(PayloadReader reader) => read(reader);
}
