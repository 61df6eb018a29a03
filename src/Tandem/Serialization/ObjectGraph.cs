using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>
/// The references of an object graph. Separate from <see cref="ReferenceCodec{T}"/>, so that it is JIT-compiled once and not for each
/// type.
/// </summary>
internal static class ObjectGraph
{
    /// <summary>A null reference.</summary>
    internal const byte Null = 0;

    /// <summary>An object that the payload already contains; its number follows.</summary>
    private const byte Seen = 1;

    /// <summary>A new object of the declared type; its contents follow.</summary>
    private const byte Declared = 2;

    /// <summary>A new object of another type; the type and the contents follow.</summary>
    private const byte Named = 3;

    /// <summary>A new object whose type follows, and whose contents come after those of the objects around it.</summary>
    private const byte Deferred = 4;

    /// <summary>
    /// Objects below this depth that are rebuilt by their fields are deferred, so that a chain of a million objects needs a stack for
    /// only this many. The limit must also suit the stack of the thread that reads, which may be smaller than the writer's.
    /// </summary>
    private const int MaximumDepth = 100;

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
                if (references.IsOpen(known) || references.IsUnreadKey(known, value))
                    throw new WorkSerializationException(Refusals.ForCycle(type));

                writer.Write(Seen);
                writer.Write(known);
                return;
            }
        }

        if (references.Depth >= MaximumDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            if ((shape as PlainShape ?? (shape as StatefulInstanceShape)?.PlainFor(value)) is { } plain)
            {
                Defer(writer, value, plain);
                return;
            }

            if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
                throw new WorkSerializationException(Refusals.TooDeep);
        }

        if (shape.WireType == own.WireType)
        {
            writer.Write(Declared);
        }
        else
        {
            if (writer.Answer is not null && shape is DelegateShape && !typeof(Delegate).IsAssignableFrom(declared))
                throw new WorkSerializationException(Refusals.ForAnsweredDelegate(type));

            writer.Write(Named);
            TypeNames.Write(writer, shape.WireType);
        }

        if (shape.IsTracked)
            references.Add(value);

        // Objects that a key refers to are not keys.
        bool isKey = references.WritesKeys;
        references.WritesKeys = false;
        references.Enter(shape.IsTracked);
        if (shape.IsLate)
            WriteParts(writer, value, shape);
        else
            shape.Write(writer, value);

        references.WritesKeys = isKey;
        if (--references.Depth == references.Base && references.HasDeferred)
            WriteDeferred(writer);
    }

    internal static object? Read(PayloadReader reader, Type declared, Shape own)
    {
        byte kind = reader.Read<byte>();
        if (kind == Null)
            return null;

        if (kind == Seen)
        {
            object? seen = reader.ObjectAt(reader.ReadInt32());
            if (seen is NumberedIdentity)
                throw new PayloadCorruptException("a reference to a module");

            if (reader.Base > 0 && seen is not null)
                reader.FinishNow(seen);

            return seen;
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RebuildException(
                "its objects are nested too deeply for the stack of the thread that rebuilds them; put the values into one list or array");
        }

        reader.Depth++;
        object? value = kind == Declared ? ReadContents(reader, own) : ReadNamed(reader, declared, kind);
        if (--reader.Depth == reader.Base && reader.HasUnsettled)
            reader.Settle();

        return value;
    }

    private static object? ReadNamed(PayloadReader reader, Type declared, byte kind)
    {
        if (kind is not (Named or Deferred))
            throw new PayloadCorruptException($"a reference of kind {kind}");

        Type type = TypeNames.Read(reader);
        if (!declared.IsAssignableFrom(type))
            throw new PayloadCorruptException($"{TypeChecks.WithArticle(type)} where {TypeChecks.WithArticle(declared)} was expected");

        Shape shape = Shape.For(type);
        if (reader.Answer is not null && shape is DelegateShape && !typeof(Delegate).IsAssignableFrom(declared))
            throw new PayloadCorruptException($"a delegate where {TypeChecks.WithArticle(declared)} was expected");

        if (kind == Named)
            return ReadContents(reader, shape);

        if ((shape as PlainShape ?? (shape as StatefulInstanceShape)?.Plain) is not { } plain)
            throw new PayloadCorruptException($"{TypeChecks.WithArticle(type)} whose contents come later");

        object value = plain.Make();
        reader.Objects.Add(value);
        reader.Defer(value, plain);
        return value;
    }

    private static object? ReadContents(PayloadReader reader, Shape shape)
    {
        if (!shape.IsLate)
            return shape.Read(reader);

        PayloadReader.Part outer = reader.BeginPart();
        object? value = shape.Read(reader);
        reader.EndPart(outer);
        return value;
    }

    /// <summary>Writes an object that the reader creates from its parts, which must be complete by then.</summary>
    private static void WriteParts(PayloadWriter writer, object value, Shape shape)
    {
        ReferenceTable references = writer.References;
        references.Open();
        ReferenceTable.Part outer = references.BeginPart();
        shape.Write(writer, value);
        references.EndPart(outer);
        references.Close();
    }

    /// <summary>Writes an object's fields as a part that the reader completes before it continues.</summary>
    internal static void WriteFields(PayloadWriter writer, object value, FieldPlan plan)
    {
        ReferenceTable references = writer.References;
        ReferenceTable.Part outer = references.BeginPart();
        references.Enter(hasNumber: false);
        plan.Write(writer, value);
        if (--references.Depth == references.Base && references.HasDeferred)
            WriteDeferred(writer);

        references.EndPart(outer);
    }

    /// <summary>Reads fields that <see cref="WriteFields"/> wrote.</summary>
    internal static void ReadFields(PayloadReader reader, object value, FieldPlan plan)
    {
        PayloadReader.Part outer = reader.BeginPart();
        reader.Depth++;
        plan.Read(reader, value);
        if (--reader.Depth == reader.Base && reader.HasUnsettled)
            reader.Settle();

        reader.EndPart(outer);
    }

    /// <summary>Writes the type and number of an object whose contents follow when the stack is shallow again.</summary>
    private static void Defer(PayloadWriter writer, object value, PlainShape shape)
    {
        writer.Write(Deferred);
        TypeNames.Write(writer, shape.WireType);
        writer.References.Add(value);
        writer.References.Defer(value, shape);
        if (writer.References.Depth == writer.References.Base)
            WriteDeferred(writer);
    }

    private static void WriteDeferred(PayloadWriter writer)
    {
        ReferenceTable references = writer.References;

        // Increase the depth, so that the objects written here do not call this method again.
        references.Depth++;
        try
        {
            while (references.HasDeferred)
            {
                DeferredObject next = references.TakeDeferred();
                next.Shape.Write(writer, next.Value);
            }
        }
        catch (WorkSerializationException e) when (GraphPath.Add(e, "…"))
        {
            throw;
        }

        references.Depth--;
    }
}
