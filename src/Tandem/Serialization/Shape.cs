using System.Collections.Concurrent;

namespace Tandem.Serialization;

/// <summary>How objects of a shape take part in the graph.</summary>
[Flags]
internal enum ShapeTraits
{
    /// <summary>By value: written anew wherever it is found.</summary>
    None = 0,

    /// <summary>Identity is kept: a second reference to the same object is written as its number.</summary>
    Tracked = 1,

    /// <summary>The reader makes the object after its parts, so no part may refer to it.</summary>
    Late = 2,

    /// <summary>As the shape of a declared type it takes every value, whatever its runtime type.</summary>
    TakesAll = 4,
}

/// <summary>Writes and reads the contents of objects of one runtime type, or of a family of types that are rebuilt alike.</summary>
internal abstract class Shape(Type wireType, ShapeTraits traits, Type? substitute = null)
{
    private static readonly ConcurrentDictionary<Type, Shape> Known = new();

    // Fields: before it is optimised, code pays for each property's getter, and a worker's first call is not.

    /// <summary>The type that is named in the payload, and leads the reader to this shape.</summary>
    internal readonly Type WireType = wireType;

    /// <summary>See <see cref="ShapeTraits.Tracked"/>.</summary>
    internal readonly bool IsTracked = (traits & ShapeTraits.Tracked) != 0;

    /// <summary>See <see cref="ShapeTraits.Late"/>.</summary>
    internal readonly bool IsLate = (traits & ShapeTraits.Late) != 0;

    /// <summary>See <see cref="ShapeTraits.TakesAll"/>.</summary>
    internal readonly bool TakesAll = (traits & ShapeTraits.TakesAll) != 0;

    /// <summary>The type of what arrives, where it is not that of what was sent.</summary>
    internal readonly Type? Substitute = substitute;

    /// <summary>Writes the contents of an object that is not null.</summary>
    internal abstract void Write(PayloadWriter writer, object value);

    /// <summary>Reads an object. A tracked one is given its number before its parts are read.</summary>
    internal abstract object? Read(PayloadReader reader);

    /// <summary>The shape of a runtime type, or of a declared one for values of exactly that type.</summary>
    internal static Shape For(Type type) => Known.TryGetValue(type, out Shape? shape) ? shape : Known.GetOrAdd(type, Shapes.Make(type));
}

/// <summary>
/// A shape whose objects are made from parts that have been read: immutable collections, and objects rebuilt through their API.
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
            throw new RebuildException($"no {TypeChecks.Display(WireType)} can be made of what was sent: {e.GetType().Name}: {e.Message}", e);
        }

        reader.Finish(number, value);
        return value;
    }

    /// <summary>Reads the parts and makes the object; whatever it throws means that it cannot be made here.</summary>
    protected abstract object Build(PayloadReader reader);
}
