using System.Collections.Concurrent;

namespace Tandem.Serialization;

/// <summary>
/// Types by name: the assembly-qualified name where a payload first needs a type, a number after that. The numbers are those of
/// the payload's objects, so that whatever forgets the objects forgets the names too.
/// </summary>
internal static class TypeNames
{
    private const int MaximumLength = 16 * 1024;

    /// <summary>The runtime reads names by recursion, one level for each bracket.</summary>
    private const int MaximumBrackets = 500;

    private const int New = -1;

    private static readonly ConcurrentDictionary<Type, string> Names = new();
    private static readonly ConcurrentDictionary<string, Type> Types = new();

    /// <summary>Writes a type; throws <see cref="WorkSerializationException"/> for one that another process does not have.</summary>
    internal static void Write(PayloadWriter writer, Type type)
    {
        int known = writer.References.Find(type);
        if (known >= 0)
        {
            writer.Write(known);
            return;
        }

        string name = NameOf(type) ?? throw new WorkSerializationException(
            $"the type {TypeChecks.Display(type)} exists in this process only; use a type of an assembly that workers load too");
        writer.Write(New);
        writer.WriteString(name);
        writer.References.Add(type);
    }

    /// <summary>Reads a type; throws <see cref="PayloadCorruptException"/> for an unknown one.</summary>
    internal static Type Read(PayloadReader reader)
    {
        int number = reader.Read<int>();
        if (number != New)
            return reader.ObjectAt(number) as Type ?? throw new PayloadCorruptException($"object {number} where a type is due");

        string name = reader.ReadString() ?? throw new PayloadCorruptException("a type without a name");
        Type type = Resolve(name) ?? throw new PayloadCorruptException($"there is no type '{name[..Math.Min(name.Length, 500)]}' here");
        reader.Objects.Add(type);
        return type;
    }

    /// <summary>The name that <see cref="Resolve"/> takes; null for a type that another process cannot find.</summary>
    internal static string? NameOf(Type type)
    {
        if (Names.TryGetValue(type, out string? name))
            return name;

        name = type.Assembly.IsDynamic || type.IsCollectible ? null : type.AssemblyQualifiedName;
        if (name is null || !IsAcceptable(name))
            return null;

        Names.TryAdd(type, name);
        return name;
    }

    /// <summary>The type with a name, or null.</summary>
    internal static Type? Resolve(string name)
    {
        if (Types.TryGetValue(name, out Type? type))
            return type;

        if (!IsAcceptable(name))
            return null;

        try
        {
            type = Type.GetType(name, throwOnError: false);
        }
        catch (Exception)
        {
            // Despite its parameter it throws on malformed names, and on assemblies that do not load.
            return null;
        }

        if (type is not null)
            Types.TryAdd(name, type);

        return type;
    }

    private static bool IsAcceptable(string name) =>
        name.Length <= MaximumLength && name.AsSpan().Count('[') <= MaximumBrackets;
}
