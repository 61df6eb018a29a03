namespace Tandem.Serialization;

/// <summary>
/// Objects that may be one of <see cref="StaticInstances"/> and contain only numbers, texts and times. Such an instance arrives as the
/// object of the same field in the other process if that has the same values; otherwise, like any other object, as a copy. For other
/// classes see <see cref="StatefulInstanceShape"/>.
/// </summary>
internal sealed class StaticInstanceShape(Type type, FieldPlan plan, StaticInstances instances) : Shape(type, ShapeTraits.Tracked)
{
    private const int None = -1;

    internal override void Write(PayloadWriter writer, object value)
    {
        int index = instances.Find(value);
        writer.Write(index);
        if (index == None)
        {
            plan.Write(writer, value);
            return;
        }

        // The same code creates the delegates in the other process; the remaining fields may differ and are compared.
        for (int i = 0; i < plan.Count; i++)
        {
            if (!plan.IsDelegate(i))
                plan.WriteField(writer, value, i);
        }
    }

    internal override object? Read(PayloadReader reader)
    {
        int index = reader.ReadInt32();
        int number = reader.ReserveNumber();
        return index == None ? ReadCopy(reader, number) : ReadInstance(reader, index, number);
    }

    private object ReadCopy(PayloadReader reader, int number)
    {
        object copy = PlainShape.Make(WireType);
        reader.Finish(number, copy);
        plan.Read(reader, copy);
        return copy;
    }

    private object ReadInstance(PayloadReader reader, int index, int number)
    {
        object? instance = instances.At(index);
        bool same = instance is not null && instance.GetType() == WireType;
        bool complete = true;
        object copy = PlainShape.Make(WireType);
        for (int i = 0; i < plan.Count; i++)
        {
            if (plan.IsDelegate(i))
            {
                complete = false;
                continue;
            }

            object? value = plan.ReadValue(reader, i);
            plan.SetValue(copy, i, value);
            same = same && FieldPlan.AreSame(value, plan.GetValue(instance!, i));
        }

        if (!same && !complete)
        {
            throw new RebuildException(
                $"the static field that holds this {TypeChecks.Display(WireType)} holds another one in this process: "
                + "its initialization differs");
        }

        object arrived = same ? instance! : copy;
        reader.Finish(number, arrived);
        return arrived;
    }
}
