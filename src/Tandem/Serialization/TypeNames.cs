using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>
/// Types in payloads: the first occurrence is written out, later ones are a number. The numbers are those of the payload's objects, so
/// that clearing the table of objects clears the types too.
/// </summary>
/// <remarks>
/// A type is identified by its module (<see cref="ModuleNames"/>) and its metadata token, not by its name: both processes run the same
/// build, and the first lookup by <see cref="Type.GetType(string)"/> costs a new process more than 10 ms of JIT compilation.
/// </remarks>
internal static class TypeNames
{
    private const int Definition = -1;
    private const int Constructed = -2;
    private const int Vector = -3;
    private const int Array = -4;
    private const int Pointer = -5;
    private const int Reference = -6;

    private const int MaximumArguments = 256;
    private const int MaximumRank = 32;

    /// <summary>
    /// Writes a type. Throws <see cref="WorkSerializationException"/> for a type that does not exist in other processes.
    /// </summary>
    internal static void Write(PayloadWriter writer, Type type)
    {
        if (!TryWrite(writer, type))
        {
            throw new WorkSerializationException(
                $"the type {TypeChecks.Display(type)} exists in this process only; use a type of an assembly that workers load too");
        }
    }

    /// <summary>Writes a type; false if it does not exist in other processes. The caller then removes what was written.</summary>
    internal static bool TryWrite(PayloadWriter writer, Type type)
    {
        int known = writer.References.Find(type);
        if (known >= 0)
        {
            writer.Write(known);
            return true;
        }

        if (type.IsGenericParameter || type.IsFunctionPointer || (type.IsCollectible && !ModuleNames.IsCollectible)
            || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            return false;

        bool written = type.HasElementType ? TryWriteElement(writer, type)
            : type.IsConstructedGenericType ? TryWriteConstructed(writer, type)
            : TryWriteDefinition(writer, type);

        if (written)
            writer.References.Add(type);

        return written;
    }

    /// <summary>
    /// Reads a type. Throws <see cref="PayloadCorruptException"/> for an unknown type, or <see cref="RebuildException"/> in an answer, for
    /// which no assembly is loaded.
    /// </summary>
    internal static Type Read(PayloadReader reader)
    {
        if (ReadOrNull(reader, out string missing) is { } type)
            return type;

        throw reader.Answer is { LoadsAssemblies: false }
            ? new RebuildException(
                $"this process has not loaded the assembly with {missing}, and an answer does not load it; "
                    + "use a type of that assembly before the call, or declare the value as a type of it")
            : new PayloadCorruptException($"there is no {missing} in this process; do both processes run the same build?");
    }

    /// <summary>Reads a type; null for an unknown type, which <paramref name="missing"/> then describes.</summary>
    internal static Type? ReadOrNull(PayloadReader reader, out string missing)
    {
        missing = "";
        int kind = reader.ReadInt32();
        if (kind >= 0)
            return Known(reader.ObjectAt(kind), kind, ref missing);

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new PayloadCorruptException("types nested too deeply");

        Type? type;
        try
        {
            type = kind switch
            {
                Definition => ReadDefinition(reader, ref missing),
                Constructed => ReadConstructed(reader, ref missing),
                Vector => ReadOrNull(reader, out missing)?.MakeArrayType(),
                Array => ReadArray(reader, ref missing),
                Pointer => ReadOrNull(reader, out missing)?.MakePointerType(),
                Reference => ReadOrNull(reader, out missing)?.MakeByRefType(),
                _ => throw new PayloadCorruptException($"a type of kind {kind}"),
            };
        }
        catch (Exception e) when (e is not PayloadCorruptException)
        {
            // Invalid tokens, arguments that violate constraints, arrays of void: the runtime throws a different exception for each.
            throw new PayloadCorruptException($"an invalid type: {e.Message}", e);
        }

        reader.Objects.Add((object?)type ?? new Unknown(missing));
        return type;
    }

    private static Type? Known(object? value, int number, ref string missing)
    {
        if (value is Unknown unknown)
        {
            missing = unknown.Description;
            return null;
        }

        return value as Type ?? throw new PayloadCorruptException($"object {number} where a type was expected");
    }

    private static bool TryWriteDefinition(PayloadWriter writer, Type type)
    {
        writer.Write(Definition);
        if (!ModuleNames.TryWrite(writer, type.Module))
            return false;

        writer.Write(type.MetadataToken);
        return true;
    }

    private static Type? ReadDefinition(PayloadReader reader, ref string missing)
    {
        ModuleNames.Entry? module = ModuleNames.ReadOrNull(reader, out string name);
        int token = reader.ReadInt32();
        if (module is null)
            missing = $"type {token:X8} of {name}";

        return module?.TypeOf(token);
    }

    private static bool TryWriteConstructed(PayloadWriter writer, Type type)
    {
        Type[] arguments = type.GenericTypeArguments;
        writer.Write(Constructed);
        writer.Write(arguments.Length);
        if (!TryWrite(writer, type.GetGenericTypeDefinition()))
            return false;

        foreach (Type argument in arguments)
        {
            if (!TryWrite(writer, argument))
                return false;
        }

        return true;
    }

    private static Type? ReadConstructed(PayloadReader reader, ref string missing)
    {
        int count = reader.ReadCount(sizeof(int));
        if (count is 0 or > MaximumArguments)
            throw new PayloadCorruptException($"a type with {count} arguments");

        Type? definition = ReadPart(reader, ref missing);
        var arguments = new Type[count];
        bool complete = definition is not null;
        for (int i = 0; i < count; i++)
        {
            Type? argument = ReadPart(reader, ref missing);
            arguments[i] = argument!;
            complete &= argument is not null;
        }

        return complete ? definition!.MakeGenericType(arguments) : null;
    }

    /// <summary>Reads one of several types; records the first one that is unknown.</summary>
    private static Type? ReadPart(PayloadReader reader, ref string missing)
    {
        Type? part = ReadOrNull(reader, out string unknown);
        if (missing.Length == 0)
            missing = unknown;

        return part;
    }

    private static bool TryWriteElement(PayloadWriter writer, Type type)
    {
        writer.Write(type.IsSZArray ? Vector : type.IsArray ? Array : type.IsPointer ? Pointer : Reference);
        if (type.IsVariableBoundArray)
            writer.Write(type.GetArrayRank());

        return TryWrite(writer, type.GetElementType()!);
    }

    private static Type? ReadArray(PayloadReader reader, ref string missing)
    {
        int rank = reader.ReadInt32();
        if (rank is < 1 or > MaximumRank)
            throw new PayloadCorruptException($"an array of {rank} dimensions");

        return ReadPart(reader, ref missing)?.MakeArrayType(rank);
    }

    /// <summary>Takes the place of a type that this process does not have.</summary>
    private sealed class Unknown(string description) : NumberedIdentity
    {
        internal string Description { get; } = description;
    }
}
