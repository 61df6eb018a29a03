namespace Tandem.Serialization;

/// <summary>
/// Objects of a framework class that has instances in static members (<c>JsonNamingPolicy.CamelCase</c>, <c>IPAddress.Any</c>). Such an
/// instance arrives as the object of the same member in the other process; other objects are serialized by <paramref name="inner"/>.
/// </summary>
internal sealed class FrameworkInstanceShape(Shape inner, ShapeTraits traits, StaticInstances instances) : Shape(inner.WireType, traits)
{
    private const int None = -1;

    /// <summary>Adds the static instances of a class, if it has any, to its shape.</summary>
    internal static Shape Wrap(Shape inner, Type type) =>
        StaticInstances.FindOfFramework(type) is { } instances
            ? new FrameworkInstanceShape(inner, ShapeTraits.Tracked | (inner.IsLate ? ShapeTraits.Late : ShapeTraits.None), instances)
            : inner;

    internal override void Write(PayloadWriter writer, object value)
    {
        int index = instances.Find(value);
        writer.Write(index);
        if (index == None)
            inner.Write(writer, value);
    }

    internal override object? Read(PayloadReader reader)
    {
        int index = reader.ReadInt32();
        if (index == None)
            return inner.Read(reader);

        object instance = instances.At(index) ?? throw new PayloadCorruptException(
            $"static object {index} of {TypeChecks.Display(WireType)}");
        reader.Objects.Add(instance);
        return instance;
    }
}
