using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>Values of a declared class, interface or array type: null, an object seen before, or a new one.</summary>
internal sealed class ReferenceCodec<T> : Codec<T>
{
    private Shape? _own;

    internal override int MinimumSize => 1;

    // Found at the first value, not when the codec is made: types may contain each other.
    private Shape Own => _own ??= Shape.For(typeof(T));

    internal override void Write(PayloadWriter writer, T value)
    {
        if (value is null)
            writer.Write((byte)ObjectGraph.Null);
        else
            ObjectGraph.Write(writer, value, typeof(T), Own);
    }

    internal override T Read(PayloadReader reader)
    {
        object? value = ObjectGraph.Read(reader, typeof(T), Own);
        return value switch
        {
            T typed => typed,
            null => default!,
            _ => throw new PayloadCorruptException(
                $"a {TypeChecks.Display(value.GetType())} where a {TypeChecks.Display(typeof(T))} is due"),
        };
    }
}

/// <summary>
/// The references of a graph. Apart from <see cref="ReferenceCodec{T}"/>, so that it is compiled once and not for each type.
/// </summary>
internal static class ObjectGraph
{
    /// <summary>A null reference.</summary>
    internal const byte Null = 0;

    /// <summary>An object that the payload has already; its number follows.</summary>
    private const byte Seen = 1;

    /// <summary>A new object of the declared type; its contents follow.</summary>
    private const byte Declared = 2;

    /// <summary>A new object of another type; the type and the contents follow.</summary>
    private const byte Named = 3;

    internal static void Write(PayloadWriter writer, object value, Type declared, Shape own)
    {
        Type type = value.GetType();
        Shape shape = own.TakesAll || type == declared ? own : Shape.For(type);
        if (shape.Substitute is { } substitute && !declared.IsAssignableFrom(substitute))
            throw new WorkSerializationException(Refusals.ForSubstitute(type, shape.WireType));

        ReferenceTable references = writer.References;
        if (shape.IsTracked)
        {
            int known = references.Find(value);
            if (known >= 0)
            {
                if (references.IsOpen(known))
                    throw new WorkSerializationException(Refusals.ForCycle(type));

                writer.Write(Seen);
                writer.Write(known);
                return;
            }
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new WorkSerializationException(Refusals.TooDeep);

        if (shape.WireType == own.WireType)
        {
            writer.Write(Declared);
        }
        else
        {
            writer.Write(Named);
            TypeNames.Write(writer, shape.WireType);
        }

        if (shape.IsTracked)
            references.Add(value);

        if (!shape.IsLate)
        {
            shape.Write(writer, value);
            return;
        }

        references.Open();
        shape.Write(writer, value);
        references.Close();
    }

    internal static object? Read(PayloadReader reader, Type declared, Shape own)
    {
        byte kind = reader.Read<byte>();
        if (kind == Null)
            return null;

        if (kind == Seen)
        {
            object? seen = reader.ObjectAt(reader.ReadInt32());
            return seen is not NumberedIdentity ? seen : throw new PayloadCorruptException("a reference to a module");
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new PayloadCorruptException("a graph that is nested too deeply for the stack of this thread");

        if (kind == Declared)
            return own.Read(reader);

        if (kind != Named)
            throw new PayloadCorruptException($"a reference of kind {kind}");

        Type type = TypeNames.Read(reader);
        if (!declared.IsAssignableFrom(type))
            throw new PayloadCorruptException($"a {TypeChecks.Display(type)} where a {TypeChecks.Display(declared)} is due");

        return Shape.For(type).Read(reader);
    }
}
