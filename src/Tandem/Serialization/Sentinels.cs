using System.Collections.Concurrent;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// Objects of the class <see cref="object"/> itself that static fields hold: <c>static readonly object Missing = new()</c>. They have no
/// state except their identity.
/// </summary>
/// <remarks>
/// The search covers the classes of the work's code and of the objects in the payload, and their enclosing classes. A wider search would
/// run static constructors that the program has not triggered.
/// </remarks>
internal static class Sentinels
{
    private const BindingFlags OwnStatic = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The classes of this many objects are searched.</summary>
    private const int MaximumObjects = 100;

    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Known = new();

    /// <summary>Returns the static field that holds an object, or null.</summary>
    internal static FieldInfo? Find(PayloadWriter writer, object value)
    {
        if (writer.Scope is { } scope && Find(scope, value) is { } found)
            return found;

        Type? last = null;
        foreach (object other in writer.References.First(MaximumObjects))
        {
            Type type = other as Type ?? other.GetType();
            if (type != last && Find(type, value) is { } field)
                return field;

            last = type;
        }

        return null;
    }

    /// <summary>Returns the object that a field holds in this process, or null.</summary>
    internal static object? ValueOf(FieldInfo field)
    {
        try
        {
            return field.GetValue(null) is { } value && value.GetType() == typeof(object) ? value : null;
        }
        catch (Exception)
        {
            // A static constructor threw an exception.
            return null;
        }
    }

    /// <summary>Returns the fields of a class that may hold such an object.</summary>
    internal static FieldInfo[] FieldsOf(Type type) => Known.GetOrAdd(type, static type => type.ContainsGenericParameters
        ? []
        : Array.FindAll(
            type.GetFields(OwnStatic),
            static field => field.FieldType == typeof(object) && !field.IsDefined(typeof(ThreadStaticAttribute), false)));

    private static FieldInfo? Find(Type type, object value)
    {
        if (TypeChecks.IsOfFramework(type))
            return null;

        for (Type? scope = type; scope is not null; scope = Around(scope))
        {
            for (Type? declaring = scope; declaring is not null && !TypeChecks.IsOfFramework(declaring); declaring = declaring.BaseType)
            {
                if (Array.Find(FieldsOf(declaring), field => ReferenceEquals(ValueOf(field), value)) is { } found)
                    return found;
            }
        }

        return null;
    }

    /// <summary>Returns the enclosing class of a nested class, with its type arguments.</summary>
    private static Type? Around(Type type)
    {
        if (type.DeclaringType is not { IsGenericTypeDefinition: true } outer || !type.IsConstructedGenericType)
            return type.DeclaringType;

        return outer.MakeGenericType(type.GenericTypeArguments[..outer.GetGenericArguments().Length]);
    }
}
