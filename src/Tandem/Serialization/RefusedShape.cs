namespace Tandem.Serialization;

/// <summary>A type whose objects cannot be serialized; null references can.</summary>
internal sealed class RefusedShape(Type type, string reason) : Shape(type, ShapeTraits.None)
{
    internal override void Write(PayloadWriter writer, object value) => throw new WorkSerializationException(reason);

    internal override object? Read(PayloadReader reader) =>
        throw new PayloadCorruptException($"an object of the type {TypeChecks.Display(WireType)}, which cannot be serialized");
}
