namespace Tandem.Serialization;

/// <summary>Closure objects that are values: in the state of an iterator, or in an expression tree.</summary>
internal sealed class ClosureShape(Type type) : Shape(type, ShapeTraits.None)
{
    private readonly ClosurePlan _plan = ClosurePlan.Whole(type);

    internal override void Write(PayloadWriter writer, object value)
    {
        try
        {
            _plan.Write(writer, value);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, "."))
        {
            throw;
        }
    }

    internal override object? Read(PayloadReader reader) => _plan.Read(reader);
}
