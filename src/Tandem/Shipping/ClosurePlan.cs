using System.Reflection;
using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>Which captured variables of a closure object travel, and how. The same on both sides: the parent sends what it found.</summary>
internal sealed class ClosurePlan
{
    private const BindingFlags InstanceFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly Type _type;
    private readonly Variable[] _variables;

    private ClosurePlan(Type type, Variable[] variables)
    {
        _type = type;
        _variables = variables;
    }

    /// <summary>Whether no value travels.</summary>
    internal bool IsEmpty => _variables.Length == 0;

    /// <summary>The plan for a closure object, of which <paramref name="read"/> are the fields that the work reads; null means all.</summary>
    internal static ClosurePlan Build(Type type, HashSet<(Module, int)>? read)
    {
        var variables = new List<Variable>();
        foreach (FieldInfo field in type.GetFields(InstanceFields))
        {
            if (read is not null && !read.Contains((field.Module, field.MetadataToken)))
                continue;

            // The closure of an outer scope hangs in a field of the inner one's.
            bool outer = field.FieldType != type && ClosureScanner.IsCompilerMade(field.FieldType) && !typeof(Delegate).IsAssignableFrom(field.FieldType);
            variables.Add(new Variable(field, outer ? Build(field.FieldType, read) : null));
        }

        return new ClosurePlan(type, [.. variables]);
    }

    /// <summary>Writes which variables travel.</summary>
    internal void WriteDefinition(PayloadWriter writer)
    {
        TypeNames.Write(writer, _type);
        writer.Write(_variables.Length);
        foreach (Variable variable in _variables)
        {
            writer.Write(variable.Field.MetadataToken);
            writer.Write(variable.Outer is not null);
            variable.Outer?.WriteDefinition(writer);
        }
    }

    /// <summary>Reads what <see cref="WriteDefinition"/> wrote.</summary>
    internal static ClosurePlan ReadDefinition(PayloadReader reader)
    {
        Type type = TypeNames.Read(reader);
        FieldInfo[] fields = type.GetFields(InstanceFields);
        var variables = new Variable[reader.ReadCount(5)];
        for (int i = 0; i < variables.Length; i++)
        {
            int token = reader.ReadInt32();
            FieldInfo field = Array.Find(fields, f => f.MetadataToken == token)
                ?? throw new PayloadCorruptException($"{type} has no variable {token:X8}");
            variables[i] = new Variable(field, reader.Read<bool>() ? ReadDefinition(reader) : null);
        }

        return new ClosurePlan(type, variables);
    }

    /// <summary>Writes the values of the variables.</summary>
    internal void WriteValues(PayloadWriter writer, object closure)
    {
        foreach (Variable variable in _variables)
        {
            object? value = variable.Field.GetValue(closure);
            try
            {
                if (variable.Outer is null)
                    variable.Codec.WriteObject(writer, value);
                else
                    variable.Outer.WriteOuter(writer, value);
            }
            catch (WorkSerializationException e)
            {
                if (variable.Outer is null)
                    e.Prepend(variable.Name);
                throw;
            }
        }
    }

    /// <summary>Makes a closure object with the values that <see cref="WriteValues"/> wrote; the other variables have their defaults.</summary>
    internal object ReadValues(PayloadReader reader)
    {
        object closure = RuntimeHelpers.GetUninitializedObject(_type);
        foreach (Variable variable in _variables)
        {
            object? value = variable.Outer is null ? variable.Codec.ReadObject(reader) : variable.Outer.ReadOuter(reader);
            variable.Field.SetValue(closure, value);
        }

        return closure;
    }

    private void WriteOuter(PayloadWriter writer, object? closure)
    {
        writer.Write(closure is not null);
        if (closure is not null)
            WriteValues(writer, closure);
    }

    private object? ReadOuter(PayloadReader reader) => reader.Read<bool>() ? ReadValues(reader) : null;

    private sealed class Variable(FieldInfo field, ClosurePlan? outer)
    {
        private Codec? _codec;

        internal FieldInfo Field { get; } = field;

        internal ClosurePlan? Outer { get; } = outer;

        internal Codec Codec => _codec ??= Codec.For(Field.FieldType);

        /// <summary>The name as the user wrote it.</summary>
        internal string Name => Field.Name.EndsWith("__this", StringComparison.Ordinal) ? "this" : Field.Name;
    }
}
