using System.Collections;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>Hashtables, with their comparer.</summary>
internal sealed class HashtableShape() : Shape(typeof(Hashtable), ShapeTraits.Tracked), IFinisher
{
    // A protected property; if a version of the framework lacks it, only the comparer is lost.
    private static readonly PropertyInfo? Comparer = typeof(Hashtable).GetProperty(
        "EqualityComparer", BindingFlags.Instance | BindingFlags.NonPublic);

    internal override void Write(PayloadWriter writer, object value)
    {
        var table = (Hashtable)value;
        Comparers.Write(writer, Comparer?.GetValue(table));
        var pairs = new List<KeyValuePair<object, object?>>(table.Count);
        foreach (DictionaryEntry entry in table)
            pairs.Add(new(entry.Key, entry.Value));

        Pairs.Write(writer, pairs);
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        object? comparer = Comparers.Read(reader);
        Hashtable table = Rebuilding.Run(static c => new Hashtable((IEqualityComparer?)c), comparer);
        reader.Finish(number, table);
        KeyValuePair<object, object?>[] pairs = Pairs.Read<object, object?>(reader);
        if (reader.IsSettled)
            Finish(table, pairs);
        else
            reader.FinishLater(this, table, pairs);

        return table;
    }

    /// <inheritdoc/>
    public void Finish(object target, object? state) => Rebuilding.Run(
        static s =>
        {
            foreach (KeyValuePair<object, object?> pair in s.pairs)
                s.table.Add(pair.Key, pair.Value);
            return true;
        },
        (pairs: (KeyValuePair<object, object?>[])state!, table: (Hashtable)target));
}

/// <summary>The result of <c>ToLookup</c>: keys, each with its elements.</summary>
internal sealed class LookupShape<TKey, TElement>() : LateShape(typeof(System.Linq.Lookup<TKey, TElement>))
{
    private static readonly FieldInfo? Comparer =
        typeof(System.Linq.Lookup<TKey, TElement>).GetField("_comparer", BindingFlags.Instance | BindingFlags.NonPublic);

    internal override void Write(PayloadWriter writer, object value)
    {
        var lookup = (System.Linq.Lookup<TKey, TElement>)value;
        Comparers.Write(writer, Comparers.OrNull(Comparer?.GetValue(lookup) as IEqualityComparer<TKey>));
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
        var comparer = (IEqualityComparer<TKey>?)Comparers.Read(reader);
        return Pairs.Read<TKey, TElement>(reader).ToLookup(static pair => pair.Key, static pair => pair.Value, comparer);
    }
}
