using System.Reflection;

namespace Tandem.Serialization;

/// <summary>The result of <c>ToLookup</c>: keys, each with its elements.</summary>
internal sealed class LookupShape<TKey, TElement>() : LateShape(typeof(System.Linq.Lookup<TKey, TElement>))
{
    private static readonly FieldInfo? Comparer =
        typeof(System.Linq.Lookup<TKey, TElement>).GetField("_comparer", BindingFlags.Instance | BindingFlags.NonPublic);

    internal override void Write(PayloadWriter writer, object value)
    {
        var lookup = (System.Linq.Lookup<TKey, TElement>)value;
        Comparers.Write(writer, Comparers.OrNull(Comparer?.GetValue(lookup) as IEqualityComparer<TKey>), typeof(ILookup<TKey, TElement>));
        var pairs = new List<KeyValuePair<TKey, TElement>>();
        foreach (IGrouping<TKey, TElement> group in lookup)
        {
            foreach (TElement element in group)
                pairs.Add(new(group.Key, element));
        }

        Pairs.Write(writer, pairs, ofParts: true);
    }

    protected override object Build(PayloadReader reader)
    {
        var comparer = (IEqualityComparer<TKey>?)Comparers.Read(reader, typeof(ILookup<TKey, TElement>));
        return Pairs.Read<TKey, TElement>(reader).ToLookup(static pair => pair.Key, static pair => pair.Value, comparer);
    }
}
