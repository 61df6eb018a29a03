namespace Tandem.Serialization;

/// <summary>
/// Objects of a class of the framework of which static members hold some (<c>JsonNamingPolicy.CamelCase</c>, <c>IPAddress.Any</c>): those
/// arrive as the same member's object of the other process, others as <paramref name="inner"/> has it.
/// </summary>
internal sealed class FrameworkInstanceShape(Shape inner, ShapeTraits traits, StaticInstances instances) : Shape(inner.WireType, traits)
{
    private const int None = -1;

    /// <summary>Adds the instances of a class, if there are any, to its shape.</summary>
    internal static Shape Wrap(Shape inner, Type type) =>
        StaticInstances.FindOfFramework(type) is { } instances
            ? new FrameworkInstanceShape(inner, ShapeTraits.Tracked | (inner.IsLate ? ShapeTraits.Late : ShapeTraits.None), instances) : inner;

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

        object instance = instances.At(index) ?? throw new PayloadCorruptException($"static object {index} of {TypeChecks.Display(WireType)}");
        reader.Objects.Add(instance);
        return instance;
    }
}
