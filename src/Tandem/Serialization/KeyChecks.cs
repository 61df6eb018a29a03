namespace Tandem.Serialization;

/// <summary>Decides when code may compute the hash codes of a collection's elements, or compare them.</summary>
internal static class KeyChecks<T>
{
    private static readonly bool AreAlwaysComplete = IsAlwaysComplete(typeof(T));

    /// <summary>
    /// Whether elements and comparer are complete as soon as they have been read, independently of the objects around them.
    /// </summary>
    internal static bool AreComplete(object? comparer) =>
        AreAlwaysComplete && (comparer is null || TypeChecks.IsOfFramework(comparer.GetType()));

    /// <summary>Whether a collection may be filled now with the elements read so far.</summary>
    internal static bool MayFill(PayloadReader reader, object? comparer) => AreComplete(comparer) || reader.IsSettled;

    private static bool IsAlwaysComplete(Type type)
    {
        if (type == typeof(string) || type == typeof(Type) || type == typeof(Uri) || type == typeof(Version))
            return true;

        if (!type.IsValueType)
            return false;

        if (type.IsConstructedGenericType && TypeChecks.IsInCoreLibrary(type))
            return Array.TrueForAll(type.GenericTypeArguments, IsAlwaysComplete);

        return BlittableTypes.MayCopy(type);
    }
}
