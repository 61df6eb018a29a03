namespace Tandem.Serialization;

/// <summary>Types that are values.</summary>
internal sealed class TypeShape() : Shape(typeof(Type), ShapeTraits.None)
{
    // The runtime's own class; other classes only represent a type.
    private static readonly Type Runtime = typeof(Type).GetType();

    internal override void Write(PayloadWriter writer, object value)
    {
        if (value.GetType() != Runtime)
        {
            throw new WorkSerializationException(
                $"{TypeChecks.WithArticle(value.GetType())} represents a type in this process; pass the Type");
        }

        TypeNames.Write(writer, (Type)value);
    }

    internal override object? Read(PayloadReader reader) => TypeNames.Read(reader);
}
