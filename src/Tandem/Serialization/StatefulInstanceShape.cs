namespace Tandem.Serialization;

/// <summary>
/// Objects that may be one of <see cref="StaticInstances"/>, and refer to others: enumerations whose values know each other, singletons
/// with state. Such a one arrives as the same field's object of the other process, if that has the same state; else, and any other
/// object, as a copy. See <see cref="ArrivingInstances"/>.
/// </summary>
internal sealed class StatefulInstanceShape(PlainShape plain, FieldPlan plan, StaticInstances instances)
    : Shape(plain.WireType, ShapeTraits.Tracked)
{
    private const int None = -1;

    /// <summary>How objects travel that no static field holds.</summary>
    internal PlainShape Plain => plain;

    /// <summary><see cref="Plain"/>, or null for an object that a static field holds.</summary>
    internal PlainShape? PlainFor(object value) => instances.Find(value) == None ? plain : null;

    internal override void Write(PayloadWriter writer, object value)
    {
        if (writer.Copies is { } copies)
        {
            WriteToCompare(writer, value, copies);
            return;
        }

        int index = instances.Find(value);
        writer.Write(index);
        if (index == None)
            plan.Write(writer, value);
        else
            ObjectGraph.WriteFields(writer, value, plan);
    }

    internal override object? Read(PayloadReader reader)
    {
        int index = reader.ReadInt32();
        object copy = plain.Make();
        int number = reader.Objects.Count;
        reader.Objects.Add(copy);
        if (index != None)
            return ArrivingInstances.Read(reader, copy, number, index, this);

        plan.Read(reader, copy);
        return copy;
    }

    /// <summary>The object that a static field holds here, if it is one of this shape.</summary>
    internal object? InstanceAt(int index) => instances.At(index) is { } instance && instance.GetType() == WireType ? instance : null;

    /// <summary>Reads the fields of a copy.</summary>
    internal void ReadFields(PayloadReader reader, object copy) => ObjectGraph.ReadFields(reader, copy, plan);

    /// <summary>
    /// Whether a copy has the state of the object that is here, as far as its own fields tell; null if this depends on what they refer to.
    /// </summary>
    internal bool? HasSameFields(object copy, object instance)
    {
        bool? same = true;
        for (int i = 0; i < plan.Count; i++)
        {
            // Made by the same code here and there.
            if (plan.IsDelegate(i))
                continue;

            object? value = plan.GetValue(copy, i);
            object? known = plan.GetValue(instance, i);
            if (ReferenceEquals(value, known) || (value is null && plan.MayStay(i)))
                continue;

            if (value is null || known is null)
                return false;

            if (value is Delegate code)
                same = known is Delegate other && IsSameCode(code, other) ? same : false;
            else if (!plan.IsConstant(i))
                same = plan.MayStay(i) ? false : null;
            else if (!FieldPlan.AreSame(value, known))
                same = false;

            if (same == false)
                return false;
        }

        return same;
    }

    /// <summary>Writes the state of a copy, or of an object that is here.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="value">The object.</param>
    /// <param name="isCompared">Whether <see cref="HasSameFields"/> has compared its delegates.</param>
    internal void WriteState(PayloadWriter writer, object value, bool isCompared)
    {
        for (int i = 0; i < plan.Count; i++)
        {
            bool isLeftOut = plan.IsDelegate(i) || plan.MayStay(i) || (isCompared && plan.GetValue(value, i) is Delegate);
            if (!isLeftOut)
                plan.WriteField(writer, value, i);
        }
    }

    private void WriteToCompare(PayloadWriter writer, object value, Dictionary<object, int> copies)
    {
        if (!copies.TryGetValue(value, out int index))
            index = instances.Find(value);

        writer.Write(index);
        WriteState(writer, value, isCompared: false);
    }

    /// <summary>Whether delegates run the same method, and have no state of their own.</summary>
    private static bool IsSameCode(Delegate a, Delegate b) =>
        a.HasSingleTarget && b.HasSingleTarget && a.Method == b.Method && (ReferenceEquals(a.Target, b.Target) || (HasNoState(a) && HasNoState(b)));

    // Lambdas that capture nothing have an object without fields as their target.
    private static bool HasNoState(Delegate code) =>
        code.Target is null || (code.Target.GetType().Name.StartsWith('<') && new FieldPlan(code.Target.GetType()).Count == 0);
}
