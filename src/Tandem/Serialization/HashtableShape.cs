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
        Comparers.Write(writer, Comparer?.GetValue(table), WireType);
        var pairs = new List<KeyValuePair<object, object?>>(table.Count);
        foreach (DictionaryEntry entry in table)
            pairs.Add(new(entry.Key, entry.Value));

        Pairs.Write(writer, pairs);
    }

    internal override object? Read(PayloadReader reader)
    {
        int number = reader.ReserveNumber();
        object? comparer = Comparers.Read(reader, WireType);
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
