namespace Tandem.Serialization;

/// <summary>
/// The objects of one payload that static fields of the sender's process held, while their state is read. Once the state of an object is
/// complete, it is compared with the state of the object that the same field holds in this process. If both are the same, this process's
/// object replaces the copy.
/// </summary>
/// <remarks>
/// Such objects may refer to each other, so that none is complete before the others (<c>North.Opposite</c>). Then the outermost object is
/// compared with everything that it refers to. States are compared in serialized form: equal bytes mean equal values, the same shared
/// references and the same cycles. Both sides' objects then have the same numbers, which are used to replace the parts of the copy too.
/// </remarks>
internal sealed class ArrivingInstances
{
    private readonly Dictionary<object, int> _copies = new(ReferenceEqualityComparer.Instance); // the number of each copy's static field
    private readonly int _outermost; // the number of the outermost copy
    private List<int>? _older; // objects before the outermost copy that were referred to
    private int _lowest = int.MaxValue; // the lowest number that was referred to

    private ArrivingInstances(int outermost) => _outermost = outermost;

    /// <summary>Records a reference to an object that was read before.</summary>
    internal void Touch(int number)
    {
        if (number < _lowest)
            _lowest = number;

        if (number < _outermost)
            (_older ??= []).Add(number);
    }

    /// <summary>Reads the state of an object into a copy, and returns this process's object or the copy.</summary>
    /// <param name="reader">The payload.</param>
    /// <param name="copy">The new object, without contents.</param>
    /// <param name="number">The copy's number.</param>
    /// <param name="index">The number of the static field.</param>
    /// <param name="shape">The object's shape.</param>
    internal static object Read(PayloadReader reader, object copy, int number, int index, StatefulInstanceShape shape)
    {
        bool isOutermost = reader.Arriving is null;
        ArrivingInstances arriving = reader.Arriving ??= new ArrivingInstances(number);
        arriving._copies[copy] = index;
        int lowest = arriving._lowest;
        arriving._lowest = int.MaxValue;
        try
        {
            shape.ReadFields(reader, copy);

            // If the object refers to older objects inside the outermost one, it is compared together with that one.
            bool isWhole = isOutermost || arriving._lowest >= number;
            if (shape.InstanceAt(index) is not { } instance || !arriving.Matches(reader, copy, instance, number, shape, isWhole))
                return copy;

            reader.Finish(number, instance);
            return instance;
        }
        finally
        {
            arriving._lowest = Math.Min(lowest, arriving._lowest);
            if (isOutermost)
                reader.Arriving = null;
        }
    }

    private bool Matches(PayloadReader reader, object copy, object instance, int number, StatefulInstanceShape shape, bool isWhole)
    {
        bool? same;
        try
        {
            same = shape.HasSameFields(copy, instance);
            if (same is not null || !isWhole)
                return same == true;

            using var ours = new PayloadWriter();
            using var theirs = new PayloadWriter();
            WriteState(theirs, copy, _copies, shape);
            WriteState(ours, instance, [], shape);
            return AreEqual(theirs, ours) && Replace(reader, number, theirs.References, ours.References);
        }
        catch (Exception)
        {
            // The states cannot be compared: a delegate, a state that another thread is changing, or a large state. Use the copy.
            return false;
        }
    }

    private static void WriteState(PayloadWriter writer, object value, Dictionary<object, int> copies, StatefulInstanceShape shape)
    {
        writer.Begin(ComparedStates.Instance);
        writer.Copies = copies;
        writer.References.Add(value);
        shape.WriteState(writer, value, isCompared: true);
    }

    private static unsafe bool AreEqual(PayloadWriter a, PayloadWriter b) =>
        new ReadOnlySpan<byte>(a.Start, (int)a.Length).SequenceEqual(new ReadOnlySpan<byte>(b.Start, (int)b.Length));

    /// <summary>Replaces the parts of the copy for later references.</summary>
    private bool Replace(PayloadReader reader, int number, ReferenceTable theirs, ReferenceTable ours)
    {
        object[] known = ours.ToArray();
        foreach (int older in _older ?? [])
        {
            // An object outside the copy already refers to a part of it. After a replacement, these would no longer be the same object.
            if (reader.Objects[older] is { } part && theirs.Find(part) is >= 0 and var at && !ReferenceEquals(part, known[at]))
                return false;
        }

        for (int i = number + 1; i < reader.Objects.Count; i++)
        {
            if (reader.Objects[i] is { } part && theirs.Find(part) is >= 0 and var at)
                reader.Finish(i, known[at]);
        }

        return true;
    }
}
