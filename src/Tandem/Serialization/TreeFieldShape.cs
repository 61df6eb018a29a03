using System.Linq.Expressions;
using System.Reflection;

namespace Tandem.Serialization;

/// <summary>
/// The nodes of an expression tree that read a field. If the field is a captured variable, its value is sent, or the tree is refused.
/// Other variables of the same scope may be omitted if they cannot be serialized (<see cref="TreeConstantShape"/>).
/// </summary>
internal sealed class TreeFieldShape(Type type) : Shape(type, ShapeTraits.Tracked)
{
    private readonly PlainShape _plain = new(type);

    internal override void Write(PayloadWriter writer, object value)
    {
        var node = (MemberExpression)value;
        object? closure = ClosureOf(node);
        ReferenceTable references = writer.References;
        object? outer = references.OfNamedVariable;
        references.OfNamedVariable = closure is null ? null : node.Expression;
        try
        {
            _plain.Write(writer, value);
        }
        finally
        {
            references.OfNamedVariable = outer;
        }

        writer.Write(closure is not null);
        if (closure is null)
            return;

        try
        {
            ClosurePlan.Of((FieldInfo)node.Member).Write(writer, closure);
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, "."))
        {
            throw;
        }
    }

    internal override object? Read(PayloadReader reader)
    {
        object? value = _plain.Read(reader);
        if (reader.Read<byte>() == 0)
            return value;

        if ((value as MemberExpression)?.Member is not FieldInfo { IsStatic: false } field || !IsVariable(field))
            throw new PayloadCorruptException("a captured variable where none is read");

        ClosurePlan.Of(field).Read(reader);
        return value;
    }

    /// <summary>Returns the closure object from which a node reads a variable; null for other nodes.</summary>
    private static object? ClosureOf(MemberExpression node)
    {
        if (node.Member is not FieldInfo { IsStatic: false } field || !IsVariable(field))
            return null;

        // The variables of an outer scope are reached through a field of the inner scope's closure.
        object? closure = node.Expression switch
        {
            ConstantExpression constant => constant.Value,
            MemberExpression inner when ClosureOf(inner) is { } outer => ((FieldInfo)inner.Member).GetValue(outer),
            _ => null,
        };
        return closure?.GetType() == field.DeclaringType ? closure : null;
    }

    private static bool IsVariable(FieldInfo field) => field.DeclaringType is { } type && ClosureTypes.IsClosure(type);
}
