namespace Tandem.Serialization;

/// <summary>
/// A shape whose objects are created from parts that were read before: immutable collections, and objects that are rebuilt through their
/// API.
/// </summary>
internal abstract class LateShape(Type wireType, ShapeTraits more = ShapeTraits.None)
    : Shape(wireType, ShapeTraits.Tracked | ShapeTraits.Late | more)
{
    internal sealed override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        object value;
        try
        {
            value = Build(reader);
        }
        catch (Exception e) when (e is not PayloadCorruptException)
        {
            throw new RebuildException(
                $"no {TypeChecks.Display(WireType)} can be created from the received values: {e.GetType().Name}: {e.Message}", e);
        }

        reader.Finish(number, value);
        return value;
    }

    /// <summary>Reads the parts and creates the object. Any exception means that it cannot be created in this process.</summary>
    protected abstract object Build(PayloadReader reader);
}
