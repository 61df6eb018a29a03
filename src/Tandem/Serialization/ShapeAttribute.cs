namespace Tandem.Serialization;

/// <summary>Specifies the shape of a class of this library that is not serialized by its fields.</summary>
/// <param name="shape">
/// A generic <see cref="Shape"/> class, whose type argument is the class itself, or whose type arguments are those of the class.
/// </param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class ShapeAttribute(Type shape) : Attribute
{
    internal Type Shape { get; } = shape;

    /// <summary>Whether the shape has the type arguments of the class, instead of the class as its type argument.</summary>
    public bool TakesArguments { get; init; }

    /// <summary>Returns the shape that a class specifies; null if it specifies none, and for every user-defined class.</summary>
    internal static Shape? Find(Type type)
    {
        bool isOwn = type.Assembly == typeof(ShapeAttribute).Assembly;
        if (!isOwn || type.GetCustomAttributes(typeof(ShapeAttribute), inherit: false) is not [ShapeAttribute found])
            return null;

        return Shapes.Close(found.Shape, found.TakesArguments ? type.GenericTypeArguments : [type]);
    }
}
