namespace Tandem.Serialization;

/// <summary>Builds the path of a value that cannot be serialized, while the exception propagates through the graph.</summary>
internal static class GraphPath
{
    private const int MaximumKey = 40;

    /// <summary>For an exception filter: adds a segment and returns false, so that the exception is not caught and rethrown.</summary>
    internal static bool Add(WorkSerializationException exception, string segment)
    {
        exception.Prepend(segment);
        return false;
    }

    /// <summary>The same as <see cref="Add"/>, for an element.</summary>
    internal static bool AddIndex(WorkSerializationException exception, int index) => Add(exception, $"[{index}]");

    /// <summary>The same as <see cref="Add"/>, for an entry of a dictionary.</summary>
    internal static bool AddKey(WorkSerializationException exception, object? key)
    {
        // Only keys whose text comes from the framework: a filter must not call a user's ToString.
        string text = key switch
        {
            string s => s,
            IFormattable f when TypeChecks.IsInCoreLibrary(f.GetType()) || f is Enum =>
                f.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            null => "null",
            _ => TypeChecks.Display(key.GetType()),
        };
        return Add(exception, text.Length <= MaximumKey ? $"[{text}]" : $"[{text.AsSpan(0, MaximumKey)}…]");
    }

    /// <summary>Returns the segment for a field in terms of the user's code: the property for a backing field.</summary>
    internal static string OfField(string name)
    {
        // <Name>k__BackingField, <name>P (a parameter of a primary constructor), <Name>i__Field; <>4__this.
        if (name.StartsWith('<'))
        {
            int end = name.IndexOf('>', StringComparison.Ordinal);
            if (end > 1)
                return "." + name[1..end];

            if (name.EndsWith("__this", StringComparison.Ordinal))
                return ".this";
        }

        return "." + name;
    }
}
