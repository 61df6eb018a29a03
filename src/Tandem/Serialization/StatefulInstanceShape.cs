namespace Tandem.Serialization;

/// <summary>
/// Objects that may be one of <see cref="StaticInstances"/> and refer to other objects: enumerations whose values refer to each other,
/// singletons with state. Such an instance arrives as the object of the same field in the other process if that has the same state;
/// otherwise, like any other object, as a copy. See <see cref="ArrivingInstances"/>.
/// </summary>
internal sealed class StatefulInstanceShape(PlainShape plain, FieldPlan plan, StaticInstances instances)
    : Shape(plain.WireType, ShapeTraits.Tracked)
{
    private const int None = -1;

    /// <summary>The shape of objects that no static field holds.</summary>
    internal PlainShape Plain => plain;

    /// <summary>Returns <see cref="Plain"/>, or null for an object that a static field holds.</summary>
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

    /// <summary>Returns the object that a static field holds in this process, if it has this shape.</summary>
    internal object? InstanceAt(int index) => instances.At(index) is { } instance && instance.GetType() == WireType ? instance : null;

    /// <summary>Reads the fields of a copy.</summary>
    internal void ReadFields(PayloadReader reader, object copy) => ObjectGraph.ReadFields(reader, copy, plan);

    /// <summary>
    /// Whether a copy has the same state as this process's object, judging by their own fields; null if that depends on the objects that
    /// they refer to.
    /// </summary>
    internal bool? HasSameFields(object copy, object instance)
    {
        bool? same = true;
        for (int i = 0; i < plan.Count; i++)
        {
            // The same code creates these delegates in both processes.
            if (plan.IsDelegate(i))
                continue;

            object? value = plan.GetValue(copy, i);
            object? known = plan.GetValue(instance, i);
            if (ReferenceEquals(value, known) || (value is null && plan.IsOptional(i)))
                continue;

            if (value is null || known is null)
                return false;

            if (value is Delegate code)
                same = known is Delegate other && IsSameCode(code, other) ? same : false;
            else if (!plan.IsConstant(i))
                same = plan.IsOptional(i) ? false : null;
            else if (!FieldPlan.AreSame(value, known))
                same = false;

            if (same == false)
                return false;
        }

        return same;
    }

    /// <summary>Writes the state of a copy, or of this process's object.</summary>
    /// <param name="writer">The target.</param>
    /// <param name="value">The object.</param>
    /// <param name="isCompared">Whether <see cref="HasSameFields"/> has compared the delegates.</param>
    internal void WriteState(PayloadWriter writer, object value, bool isCompared)
    {
        for (int i = 0; i < plan.Count; i++)
        {
            bool isLeftOut = plan.IsDelegate(i) || plan.IsOptional(i) || (isCompared && plan.GetValue(value, i) is Delegate);
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

    /// <summary>Whether two delegates run the same method and have no state of their own.</summary>
    private static bool IsSameCode(Delegate a, Delegate b) =>
        a.HasSingleTarget && b.HasSingleTarget && a.Method == b.Method
        && (ReferenceEquals(a.Target, b.Target) || (HasNoState(a) && HasNoState(b)));

    // The target of a lambda without captured variables is an object without fields.
    private static bool HasNoState(Delegate code) =>
        code.Target is null || (code.Target.GetType().Name.StartsWith('<') && new FieldPlan(code.Target.GetType()).Count == 0);
}
