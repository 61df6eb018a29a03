using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>
/// Determines which captured variables of a closure object are serialized, and how. Both sides use the same plan: the writer sends it.
/// </summary>
/// <remarks>
/// A closure that several delegates or objects refer to stays one object. Each of them has its own plan, and sends the variables that the
/// ones before it did not need.
/// </remarks>
internal sealed class ClosurePlan
{
    private const BindingFlags InstanceFields =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private const byte Null = 0;
    private const byte Seen = 1;
    private const byte New = 2;

    // Plans of closures that are values.
    private static readonly ConcurrentDictionary<Type, ClosurePlan> WholePlans = new();
    private static readonly ConcurrentDictionary<Type, ClosurePlan> SendablePlans = new();

    private readonly Type _type;
    private readonly Variable[] _variables;
    private readonly ClosurePlan[] _extras; // optional variables, one plan for each

    private ClosurePlan(Type type, Variable[] variables, ClosurePlan[] extras)
    {
        _type = type;
        _variables = variables;
        _extras = extras;
    }

    /// <summary>Whether no variable is serialized.</summary>
    internal bool IsEmpty => _variables.Length == 0 && _extras.Length == 0;

    /// <summary>Creates the plan for closure objects that are values and not the target of a delegate: all variables.</summary>
    internal static ClosurePlan Whole(Type type) => WholePlans.GetOrAdd(type, static type => Build(type, null));

    /// <summary>
    /// Creates the plan for a closure object whose delegate uses the fields in <paramref name="use"/>; null means that it may read all
    /// fields.
    /// </summary>
    internal static ClosurePlan Build(Type type, ClosureUse? use) => Build(type, use, false, []);

    /// <summary>
    /// Creates the plan for a closure object of which other objects read variables that they send themselves (<see cref="Of"/>): all
    /// variables that can be serialized.
    /// </summary>
    internal static ClosurePlan Sendable(Type type) => SendablePlans.GetOrAdd(type, static type => BuildSendable(type, []));

    /// <summary>Creates the plan for one variable of a closure object; if it cannot be serialized, the work is refused.</summary>
    internal static ClosurePlan Of(FieldInfo field)
    {
        Type type = field.DeclaringType!;
        return new ClosurePlan(type, [new Variable(field, IsOuter(field, [type]) ? Sendable(field.FieldType) : null)], []);
    }

    private static ClosurePlan BuildSendable(Type type, List<Type> inner)
    {
        inner.Add(type);
        var variables = new List<Variable>();
        var extras = new List<ClosurePlan>();
        foreach (FieldInfo field in DeclaredFields.Of(type))
        {
            if (IsOuter(field, inner))
                variables.Add(new Variable(field, BuildSendable(field.FieldType, inner)));
            else if (!IsThis(field))
                extras.Add(new ClosurePlan(type, [new Variable(field, null)], []));
        }

        inner.RemoveAt(inner.Count - 1);
        return new ClosurePlan(type, [.. variables], [.. extras]);
    }

    // A field of the inner scope's closure holds the closure of the outer scope.
    private static bool IsOuter(FieldInfo field, List<Type> inner) =>
        ClosureTypes.IsClosure(field.FieldType) && !inner.Contains(field.FieldType);

    private static ClosurePlan Build(Type type, ClosureUse? use, bool shown, List<Type> inner)
    {
        shown |= use?.Shows(type) == true;
        inner.Add(type);
        var variables = new List<Variable>();
        var extras = new List<ClosurePlan>();
        foreach (FieldInfo field in use is null ? DeclaredFields.Of(type) : type.GetFields(InstanceFields))
        {
            if (use?.ReadsField(field) == false)
            {
                // If other code could see fields that this code does not name, they are sent too if they can be serialized.
                if (shown && !IsThis(field))
                    extras.Add(new ClosurePlan(type, [new Variable(field, null)], []));

                continue;
            }

            variables.Add(new Variable(field, IsOuter(field, inner) ? Build(field.FieldType, use, shown, inner) : null));
        }

        inner.RemoveAt(inner.Count - 1);
        return new ClosurePlan(type, [.. variables], [.. extras]);
    }

    private static bool IsThis(FieldInfo field) => field.Name.EndsWith("__this", StringComparison.Ordinal);

    /// <summary>Writes which variables are serialized.</summary>
    internal void WriteDefinition(PayloadWriter writer)
    {
        TypeNames.Write(writer, _type);
        writer.Write(_variables.Length);
        foreach (Variable variable in _variables)
        {
            writer.Write(variable.Token);
            writer.Write(variable.Outer is not null);
            variable.Outer?.WriteDefinition(writer);
        }

        writer.Write(_extras.Length);
        foreach (ClosurePlan extra in _extras)
            writer.Write(extra._variables[0].Token);
    }

    /// <summary>Reads a definition that <see cref="WriteDefinition"/> wrote.</summary>
    internal static ClosurePlan ReadDefinition(PayloadReader reader)
    {
        Type type = TypeNames.Read(reader);
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new RebuildException("its closures are nested too deeply for the stack of the thread that rebuilds them");

        FieldInfo[] fields = type.GetFields(InstanceFields);
        var variables = new Variable[reader.ReadCount(5)];
        for (int i = 0; i < variables.Length; i++)
        {
            FieldInfo field = Find(reader.ReadInt32());
            variables[i] = new Variable(field, reader.Read<bool>() ? ReadDefinition(reader) : null);
        }

        var extras = new ClosurePlan[reader.ReadCount(sizeof(int))];
        for (int i = 0; i < extras.Length; i++)
            extras[i] = new ClosurePlan(type, [new Variable(Find(reader.ReadInt32()), null)], []);

        return new ClosurePlan(type, variables, extras);

        FieldInfo Find(int token) => Array.Find(fields, f => f.MetadataToken == token)
            ?? throw new PayloadCorruptException($"{type} has no variable {token:X8}");
    }

    /// <summary>Writes a reference to a closure object, and those variables of the plan that the payload does not contain yet.</summary>
    internal void Write(PayloadWriter writer, object? closure)
    {
        if (closure is null)
        {
            writer.Write(Null);
            return;
        }

        ReferenceTable references = writer.References;
        int number = references.Find(closure);
        bool[]? known = null;
        if (number < 0)
        {
            writer.Write(New);
            number = references.Count;
            references.Add(closure);
            references.Parts.Add(number, this);
        }
        else
        {
            writer.Write(Seen);
            writer.Write(number);
            known = TakeMissing(references.Parts, number);
        }

        for (int i = 0; i < _variables.Length; i++)
        {
            Variable variable = _variables[i];
            if (variable.Outer is { } outer)
                outer.Write(writer, variable.Field.GetValue(closure));
            else if (known?[i] != true)
                variable.Write(writer, closure);
        }

        foreach (ClosurePlan extra in _extras)
            extra.WriteIfPossible(writer, closure, number);
    }

    /// <summary>Writes the variable of an optional plan, unless it cannot be serialized.</summary>
    private void WriteIfPossible(PayloadWriter writer, object closure, int number)
    {
        if (Has(writer.References.Parts, number, _variables[0].Token))
            return;

        nint start = writer.Length;
        ReferenceTable.State mark = writer.References.Mark();
        writer.Write((byte)1);
        writer.References.Parts.Add(number, this);
        try
        {
            // A separate part, so that it can be removed completely.
            ReferenceTable.Part outer = writer.References.BeginPart();
            _variables[0].Write(writer, closure);
            writer.References.EndPart(outer);
        }
        catch (WorkSerializationException)
        {
            writer.Truncate(start);
            writer.References.Restore(mark);
            writer.Write((byte)0);
        }
    }

    /// <summary>Reads a closure object that <see cref="Write"/> wrote. Variables that were not sent have their default values.</summary>
    internal object? Read(PayloadReader reader)
    {
        byte kind = reader.Read<byte>();
        if (kind == Null)
            return null;

        object closure;
        int number = reader.Objects.Count;
        bool[]? known = null;
        if (kind == New)
        {
            closure = RuntimeHelpers.GetUninitializedObject(_type);
            reader.Parts.Add(number, this);
            reader.Objects.Add(closure);
        }
        else
        {
            number = kind == Seen ? reader.ReadInt32() : throw new PayloadCorruptException($"a closure of kind {kind}");
            closure = reader.ObjectAt(number) is { } seen && seen.GetType() == _type
                ? seen
                : throw new PayloadCorruptException($"object {number} where {TypeChecks.WithArticle(_type)} was expected");
            known = TakeMissing(reader.Parts, number);
        }

        for (int i = 0; i < _variables.Length; i++)
        {
            Variable variable = _variables[i];
            if (variable.Outer is { } outer)
                variable.Field.SetValue(closure, outer.Read(reader));
            else if (known?[i] != true)
                variable.Read(reader, closure);
        }

        foreach (ClosurePlan extra in _extras)
            extra.ReadIfSent(reader, closure, number);

        return closure;
    }

    private void ReadIfSent(PayloadReader reader, object closure, int number)
    {
        if (Has(reader.Parts, number, _variables[0].Token) || reader.Read<byte>() == 0)
            return;

        reader.Parts.Add(number, this);
        PayloadReader.Part outer = reader.BeginPart();
        _variables[0].Read(reader, closure);
        reader.EndPart(outer);
    }

    /// <summary>Creates a closure object of which nothing is read.</summary>
    internal object MakeEmpty() => RuntimeHelpers.GetUninitializedObject(_type);

    /// <summary>
    /// Returns the singleton of the compiler's class for lambdas without variables (its static field), so that delegates of it equal
    /// those that code in this process creates. For other classes, creates an object of which nothing is read.
    /// </summary>
    internal object FindOrMakeEmpty() =>
        _type.GetField("<>9", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic) is { } only && only.FieldType == _type
            && only.GetValue(null) is { } there ? there : MakeEmpty();

    /// <summary>
    /// Returns which variables of the object the payload contains, or is about to contain. From now on it contains all variables of this
    /// plan.
    /// </summary>
    private bool[] TakeMissing(PartTable parts, int number)
    {
        bool[] known = new bool[_variables.Length];
        bool missing = false;
        for (int i = 0; i < known.Length; i++)
        {
            known[i] = Has(parts, number, _variables[i].Token);
            missing |= !known[i];
        }

        if (missing)
            parts.Add(number, this);

        return known;
    }

    private static bool Has(PartTable parts, int number, int token)
    {
        for (int entry = parts.Find(number, parts.Count); entry >= 0; entry = parts.Find(number, entry))
        {
            if (((ClosurePlan)parts[entry]).Has(token))
                return true;
        }

        return false;
    }

    private bool Has(int token)
    {
        foreach (Variable variable in _variables)
        {
            if (variable.Token == token)
                return true;
        }

        return false;
    }

    private sealed class Variable(FieldInfo field, ClosurePlan? outer)
    {
        private Codec? _codec;

        internal FieldInfo Field { get; } = field;

        internal int Token { get; } = field.MetadataToken;

        internal ClosurePlan? Outer { get; } = outer;

        internal Codec Codec => _codec ??= Codec.For(Field.FieldType);

        /// <summary>The name in the user's code.</summary>
        private string Name => IsThis(Field) ? "this" : Field.Name;

        internal void Write(PayloadWriter writer, object closure)
        {
            try
            {
                Codec.WriteObject(writer, Field.GetValue(closure));
            }
            catch (WorkSerializationException e)
            {
                e.Prepend(Name);
                throw;
            }
        }

        internal void Read(PayloadReader reader, object closure)
        {
            try
            {
                Field.SetValue(closure, Codec.ReadObject(reader));
            }
            catch (Exception e) when (RebuildErrors.IsOfValue(e))
            {
                throw RebuildErrors.For("the captured value could not be rebuilt where it arrived", Name, e);
            }
        }
    }
}
