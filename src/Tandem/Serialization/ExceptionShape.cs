namespace Tandem.Serialization;

/// <summary>Exceptions that are values.</summary>
internal sealed class ExceptionShape(Type type) : Shape(typeof(Exception), ShapeTraits.Tracked | ShapeTraits.TakesAll)
{
    internal override void Write(PayloadWriter writer, object value) => ExceptionCodec.WriteContents(writer, (Exception)value);

    internal override object? Read(PayloadReader reader) => ExceptionCodec.Read(reader, type);
}
