namespace Tandem.Serialization;

/// <summary>Strings whose declared type is a base type.</summary>
internal sealed class StringShape() : Shape(typeof(string), ShapeTraits.None)
{
    internal override void Write(PayloadWriter writer, object value) => StringCodec.WriteText(writer, (string)value);

    internal override object? Read(PayloadReader reader) => StringCodec.ReadText(reader);
}
