namespace Tandem.Serialization;

/// <summary>Names the shape of a class of this library that does not travel by its fields.</summary>
/// <param name="shape">A generic class: <see cref="Shape"/>s of the class, by the class itself or by its own type arguments.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class ShapeAttribute(Type shape) : Attribute
{
    internal Type Shape { get; } = shape;

    /// <summary>Whether the shape takes the type arguments of the class, and not the class.</summary>
    public bool TakesArguments { get; init; }

    /// <summary>The shape that a class names; null for one that names none, and for every class of users.</summary>
    internal static Shape? Find(Type type)
    {
        bool isOwn = type.Assembly == typeof(ShapeAttribute).Assembly;
        if (!isOwn || type.GetCustomAttributes(typeof(ShapeAttribute), inherit: false) is not [ShapeAttribute found])
            return null;

        return Shapes.Close(found.Shape, found.TakesArguments ? type.GenericTypeArguments : [type]);
    }
}
