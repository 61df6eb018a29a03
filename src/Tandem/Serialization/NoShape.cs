namespace Tandem.Serialization;

/// <summary>
/// A type without objects of its own: an interface or an abstract class. Contents belong to the objects' runtime types.
/// </summary>
internal sealed class NoShape(Type type) : Shape(type, ShapeTraits.None)
{
    internal override void Write(PayloadWriter writer, object value) =>
        throw new WorkSerializationException(Refusals.ForUnusable(WireType));

    internal override object? Read(PayloadReader reader) =>
        throw new PayloadCorruptException($"an object of the type {TypeChecks.Display(WireType)}, which has no objects");
}
