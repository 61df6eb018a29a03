using System.Reflection;

namespace Tandem.Serialization;

/// <summary>The instance fields that a type declares itself, in a fixed order.</summary>
internal static class DeclaredFields
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Returns the fields. The order of reflection depends on earlier queries, and both sides must use the same one.</summary>
    internal static FieldInfo[] Of(Type type)
    {
        FieldInfo[] fields = type.GetFields(Own);
        if (fields.Length > 1)
            Array.Sort(fields, static (left, right) => left.MetadataToken.CompareTo(right.MetadataToken));

        return fields;
    }
}
