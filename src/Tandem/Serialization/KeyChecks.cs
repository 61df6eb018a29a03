namespace Tandem.Serialization;

/// <summary>Says when the elements of a collection may be asked for their hash codes, or be compared.</summary>
internal static class KeyChecks<T>
{
    private static readonly bool AreAlwaysComplete = IsAlwaysComplete(typeof(T));

    /// <summary>Whether elements and comparer are complete as soon as they have been read, whatever is read around them.</summary>
    internal static bool AreComplete(object? comparer) =>
        AreAlwaysComplete && (comparer is null || TypeChecks.IsOfFramework(comparer.GetType()));

    /// <summary>Whether a collection may be filled now, with what has been read of it.</summary>
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
