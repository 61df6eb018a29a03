using System.Reflection;
using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Decides which unmanaged types have the same meaning in every process.</summary>
internal static class BlittableTypes
{
    /// <summary>Whether values are serialized as their bytes.</summary>
    internal static bool IsCopiedAsBytes<T>() => !RuntimeHelpers.IsReferenceOrContainsReferences<T>() && MayCopy(typeof(T));

    /// <summary>Whether values may be copied as bytes; <paramref name="type"/> contains no references.</summary>
    internal static bool MayCopy(Type type)
    {
        if (type.IsPrimitive)
            return type != typeof(nint) && type != typeof(nuint);

        if (IsCopiedWhole(type))
            return true;

        // A lock that was copied while it was held would stay locked forever; a hash code has a different value in another process.
        if (!type.IsValueType || type.IsPointer || type.IsFunctionPointer || type.IsByRefLike || type.Namespace == "System.Threading"
            || type == typeof(HashCode))
            return false;

        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (!MayCopy(field.FieldType))
                return false;
        }

        return true;
    }

    /// <summary>Whether a value has no padding bytes.</summary>
    internal static bool IsCopiedWhole(Type type) => type.IsPrimitive || type.IsEnum || type == typeof(decimal) || type == typeof(Guid)
        || type == typeof(DateTime) || type == typeof(TimeSpan);
}
