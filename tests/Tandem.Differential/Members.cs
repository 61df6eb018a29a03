using System.Collections.Concurrent;
using System.Reflection;

namespace Tandem.Differential;

/// <summary>Members by reflection, found once for each type.</summary>
internal static class Members
{
    private const BindingFlags AnyField = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Fields = new();
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Properties = new();
    private static readonly ConcurrentDictionary<Type, Type?> Texts = new();

    internal static FieldInfo[] FieldsOf(Type type) => Fields.GetOrAdd(type, static t => t.GetFields(AnyField));

    /// <summary>Public properties that can be read, without indexers.</summary>
    internal static PropertyInfo[] PropertiesOf(Type type) => Properties.GetOrAdd(type, static t => [.. t
        .GetProperties(BindingFlags.Instance | BindingFlags.Public)
        .Where(static p => p.CanRead && p.GetIndexParameters().Length == 0 && !p.PropertyType.IsByRefLike && !p.PropertyType.IsPointer && !p.PropertyType.IsByRef
            && p.Name is not ("SyncRoot" or "StackTrace" or "TargetSite" or "TimeStamp"))
        .OrderBy(static p => p.Name, StringComparer.Ordinal)]);

    /// <summary>The type that declares the ToString of a type.</summary>
    internal static Type? TextOf(Type type) => Texts.GetOrAdd(type, static t => t.GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType);
}
