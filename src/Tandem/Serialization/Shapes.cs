using System.Reflection;

namespace Tandem.Serialization;

/// <summary>Decides how objects of a type are serialized.</summary>
internal static class Shapes
{
    private const BindingFlags AnyConstructor = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    internal static Shape Make(Type type)
    {
        if (type == typeof(byte[]))
            return new ArrayShape<byte>();

        if (type == typeof(string))
            return new StringShape();

        if (TypeChecks.IsUnusable(type))
            return new NoShape(type);

        if (type.IsArray)
            return MakeArray(type);

        if (type.IsValueType)
            return new BoxedShape(type);

        return MakeClass(type);
    }

    /// <summary>Creates a generic shape with <paramref name="arguments"/> as its type arguments.</summary>
    internal static Shape Close(Type shape, Type[] arguments, params object[] parameters) =>
        (Shape)Activator.CreateInstance(shape.MakeGenericType(arguments), AnyConstructor, null, parameters, null)!;

    private static Shape MakeArray(Type type)
    {
        Type element = type.GetElementType()!;
        if (TypeChecks.IsUnusable(element))
            return new RefusedShape(type, Refusals.ForUnusable(element));

        return type.IsSZArray ? Close(typeof(ArrayShape<>), [element]) : Close(typeof(MultiDimensionalArrayShape<>), [element], type);
    }

    private static Shape MakeClass(Type type)
    {
        if (type == typeof(object))
            return new SentinelShape();

        if (typeof(Delegate).IsAssignableFrom(type))
            return type.IsAbstract ? new NoShape(type) : new DelegateShape(type);

        if (typeof(Exception).IsAssignableFrom(type))
            return new ExceptionShape(type);

        if (ClosureTypes.IsClosure(type))
            return new ClosureShape(type);

        if (ShapeAttribute.Find(type) is { } own)
            return own;

        if (FrameworkShapes.Find(type) is { } known)
            return known;

        if (Refusals.For(type) is { } reason)
            return new RefusedShape(type, reason);

        if (ProgressOf(type) is { } report)
            return Close(typeof(ProgressShape<>), [report]);

        return type.IsAbstract ? new NoShape(type) : PlainShape.Choose(type);
    }

    /// <summary>
    /// Returns the report type of a class that implements <see cref="IProgress{T}"/>; null for other classes, and for interfaces.
    /// </summary>
    private static Type? ProgressOf(Type type)
    {
        if (type.IsAbstract)
            return null;

        foreach (Type implemented in type.GetInterfaces())
        {
            if (implemented.IsConstructedGenericType && implemented.GetGenericTypeDefinition() == typeof(IProgress<>))
                return implemented.GenericTypeArguments[0];
        }

        return null;
    }
}
