using System.Collections.Concurrent;

namespace Tandem.Serialization;

/// <summary>Writes and reads the contents of objects of one runtime type, or of several types that are rebuilt in the same way.</summary>
internal abstract class Shape(Type wireType, ShapeTraits traits, Type? substitute = null)
{
    private static readonly ConcurrentDictionary<Type, Shape> Known = new();

    // Fields, not properties: unoptimized code pays for each getter call, and a worker's first call runs unoptimized code.

    /// <summary>The type whose name is in the payload, by which the reader finds this shape.</summary>
    internal readonly Type WireType = wireType;

    /// <summary>See <see cref="ShapeTraits.Tracked"/>.</summary>
    internal readonly bool IsTracked = (traits & ShapeTraits.Tracked) != 0;

    /// <summary>See <see cref="ShapeTraits.Late"/>.</summary>
    internal readonly bool IsLate = (traits & ShapeTraits.Late) != 0;

    /// <summary>See <see cref="ShapeTraits.TakesAll"/>.</summary>
    internal readonly bool TakesAll = (traits & ShapeTraits.TakesAll) != 0;

    /// <summary>The type of the deserialized object, if it differs from the type of the serialized one.</summary>
    internal readonly Type? Substitute = substitute;

    /// <summary>Writes the contents of an object that is not null.</summary>
    internal abstract void Write(PayloadWriter writer, object value);

    /// <summary>Reads an object. A tracked object gets its number before its parts are read.</summary>
    internal abstract object? Read(PayloadReader reader);

    /// <summary>Returns the shape of a runtime type, or of a declared type for values of exactly that type.</summary>
    internal static Shape For(Type type) => Known.TryGetValue(type, out Shape? shape) ? shape : Known.GetOrAdd(type, Shapes.Make(type));
}
