namespace Tandem.Serialization;

/// <summary>Exceptions as values.</summary>
internal sealed class ExceptionShape(Type type) : Shape(typeof(Exception), ShapeTraits.Tracked | ShapeTraits.Late | ShapeTraits.TakesAll)
{
    internal override void Write(PayloadWriter writer, object value) => ExceptionCodec.Write(writer, (Exception)value);

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        Exception exception = ExceptionCodec.Read(reader, type);
        reader.Finish(number, exception);
        return exception;
    }
}
