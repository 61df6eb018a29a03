namespace Tandem.Serialization;

/// <summary>The comparers of keys, by number. No comparer comes from a payload.</summary>
internal static class ClosedComparers
{
    private static readonly StringComparer[] OfTexts =
        [StringComparer.Ordinal, StringComparer.OrdinalIgnoreCase, StringComparer.InvariantCulture, StringComparer.InvariantCultureIgnoreCase];

    internal static void Write<T>(PayloadWriter writer, IEqualityComparer<T> comparer)
    {
        int index = ReferenceEquals(comparer, EqualityComparer<T>.Default)
            ? 0 : Array.FindIndex(OfTexts, known => ReferenceEquals(known, comparer)) + 1;
        if (index == 0 && !ReferenceEquals(comparer, EqualityComparer<T>.Default))
        {
            throw new WorkSerializationException(
                $"{TypeChecks.WithArticle(comparer.GetType())} does not come from a worker that is not trusted; use one of StringComparer, "
                    + "ordinal or invariant", "Comparer", null);
        }

        writer.Write((byte)index);
    }

    internal static IEqualityComparer<T>? Read<T>(ClosedReader reader)
    {
        int index = reader.Read<byte>();
        if (index == 0)
            return null;

        return index <= OfTexts.Length && OfTexts[index - 1] is IEqualityComparer<T> comparer
            ? comparer : throw new PayloadCorruptException($"comparer {index}");
    }
}
