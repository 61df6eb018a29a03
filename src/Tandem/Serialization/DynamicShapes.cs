using System.ComponentModel;
using System.Dynamic;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// Objects whose members are created at run time. Separate from the other shapes, so that their assembly is loaded only if they are used.
/// </summary>
internal static class DynamicShapes
{
    private static readonly FieldInfo? Handlers = Array.Find(
        typeof(ExpandoObject).GetFields(BindingFlags.Instance | BindingFlags.NonPublic),
        static field => field.FieldType == typeof(PropertyChangedEventHandler));

    /// <summary>By members: the fields refer to a tree of classes that all such objects of a process share.</summary>
    internal static Shape Expando() => new PairsShape<ExpandoObject, string, object?>(
        static _ => new ExpandoObject(),
        static (expando, name, value) => ((IDictionary<string, object?>)expando).Add(name, value),
        static expando => Handlers?.GetValue(expando) is null
            ? null
            : throw new WorkSerializationException(
                "an ExpandoObject with handlers of PropertyChanged cannot be serialized, because they belong to this process; "
                + "remove them, or pass a Dictionary with its members"));
}
