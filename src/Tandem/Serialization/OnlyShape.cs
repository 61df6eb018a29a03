namespace Tandem.Serialization;

/// <summary>A type of which each process has one object.</summary>
internal sealed class OnlyShape(Type type, object only) : Shape(type, ShapeTraits.None)
{
    internal override void Write(PayloadWriter writer, object value)
    {
        if (!ReferenceEquals(value, only))
        {
            throw new WorkSerializationException(
                $"{TypeChecks.WithArticle(WireType)} represents something of this process; make it in the work");
        }
    }

    internal override object? Read(PayloadReader reader) => only;
}
