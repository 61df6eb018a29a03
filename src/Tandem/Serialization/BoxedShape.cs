namespace Tandem.Serialization;

/// <summary>Boxed structs.</summary>
internal sealed class BoxedShape(Type type) : Shape(type, ShapeTraits.None)
{
    private readonly Codec _codec = Codec.For(type);

    internal override void Write(PayloadWriter writer, object value) => _codec.WriteObject(writer, value);

    internal override object? Read(PayloadReader reader) => _codec.ReadObject(reader);
}
