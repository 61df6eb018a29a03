using System.Linq.Expressions;

namespace Tandem.Serialization;

/// <summary>
/// Constants of expression trees. If the tree reads a field of a constant that is a closure object, those of the closure's variables are
/// sent that can be serialized; <see cref="TreeFieldShape"/> checks that the variable that is read is one of them. Other constants are
/// sent completely.
/// </summary>
internal sealed class TreeConstantShape(Type type) : Shape(type, ShapeTraits.Tracked)
{
    private const int Whole = -1;

    private readonly FieldPlan _plan = new(type);

    internal override void Write(PayloadWriter writer, object value)
    {
        object? closure = ReferenceEquals(writer.References.OfNamedVariable, value) ? ((ConstantExpression)value).Value : null;
        int index = Whole;
        for (int i = 0; i < _plan.Count && closure is not null; i++)
        {
            if (ReferenceEquals(_plan.GetValue(value, i), closure))
                index = i;
        }

        writer.Write(index);
        if (index == Whole)
        {
            _plan.Write(writer, value);
            return;
        }

        TypeNames.Write(writer, closure!.GetType());
        ClosurePlan.Sendable(closure.GetType()).Write(writer, closure);
        for (int i = 0; i < _plan.Count; i++)
        {
            if (i != index)
                _plan.WriteField(writer, value, i);
        }
    }

    internal override object? Read(PayloadReader reader)
    {
        object constant = PlainShape.Make(WireType);
        reader.Objects.Add(constant);
        int index = reader.ReadInt32();
        if (index == Whole)
        {
            _plan.Read(reader, constant);
            return constant;
        }

        Type type = TypeNames.Read(reader);
        if ((uint)index >= (uint)_plan.Count || !ClosureTypes.IsClosure(type))
            throw new PayloadCorruptException($"a constant with the variables of {type} in its field {index}");

        _plan.SetValue(constant, index, ClosurePlan.Sendable(type).Read(reader));
        for (int i = 0; i < _plan.Count; i++)
        {
            if (i != index)
                _plan.SetValue(constant, i, _plan.ReadValue(reader, i));
        }

        return constant;
    }
}
