using System.Reflection;
using Tandem.Interop;

namespace Tandem.Serialization;

/// <summary>
/// Modules in payloads. The first occurrence has the assembly's simple name, by which a worker loads the module, and the module version
/// id, which identifies the build; later occurrences have a number.
/// </summary>
internal static class ModuleNames
{
    private const int New = -1;

    private static readonly Lock Gate = new(); // guards the replacement of s_known

    // A small array that is replaced when a module is added, and searched linearly: nothing here needs JIT compilation except a loop.
    private static Entry[] s_known = [];

    /// <summary>
    /// Whether this library itself may be unloaded, as a part of a plug-in. Then it may refer to types that are unloaded with it;
    /// otherwise such a reference would keep a load context alive.
    /// </summary>
    internal static bool IsCollectible { get; } = typeof(ModuleNames).Assembly.IsCollectible;

    internal static bool TryWrite(PayloadWriter writer, Module module)
    {
        int number = writer.References.Find(module);
        if (number >= 0)
        {
            writer.Write(number);
            return true;
        }

        if (EntryOf(module) is not { } entry)
            return false;

        // A value may have a type with changed code that a worker would run.
        if (CodeUpdates.Any && !ProcessRole.IsWorker)
            CodeUpdates.Check(module.Assembly);

        writer.Write(New);
        writer.Write(entry.Id);
        writer.WriteString(entry.Name);
        writer.References.Add(module);
        return true;
    }

    /// <summary>
    /// Reads a module; null if this process cannot load it in the same build, or if it is part of an answer and not loaded.
    /// </summary>
    internal static Entry? ReadOrNull(PayloadReader reader, out string name)
    {
        int number = reader.ReadInt32();
        if (number != New)
        {
            if (reader.ObjectAt(number) is not Entry { } known)
                throw new PayloadCorruptException($"object {number} where a module was expected");

            name = known.Name;
            return known.Module is null ? null : known;
        }

        Guid id = reader.Read<Guid>();
        name = reader.ReadString() ?? throw new PayloadCorruptException("a module without a name");
        Entry? entry = Find(id, name, mayLoad: reader.Answer is not { LoadsAssemblies: false });
        reader.Objects.Add(entry ?? new Entry(null, id, name));
        return entry;
    }

    private static Entry? EntryOf(Module module)
    {
        foreach (Entry entry in s_known)
        {
            if (ReferenceEquals(entry.Module, module))
                return entry;
        }

        if (module.Assembly.IsDynamic || (module.Assembly.IsCollectible && !IsCollectible)
            || module.Assembly.GetName().Name is not { } name)
            return null;

        return Add(new Entry(module, module.ModuleVersionId, name));
    }

    private static Entry? Find(Guid id, string name, bool mayLoad)
    {
        foreach (Entry entry in s_known)
        {
            if (entry.Id == id)
                return entry;
        }

        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (!assembly.IsDynamic && assembly.ManifestModule.ModuleVersionId == id)
                return Add(new Entry(assembly.ManifestModule, id, name));
        }

        if (!mayLoad)
            return null;

        try
        {
            Module module = Assembly.Load(new AssemblyName { Name = name }).ManifestModule;
            return module.ModuleVersionId == id ? Add(new Entry(module, id, name)) : null;
        }
        catch (Exception)
        {
            // Not found, not loadable, or not a valid name: the caller decides what that means.
            return null;
        }
    }

    private static Entry Add(Entry entry)
    {
        lock (Gate)
            s_known = [.. s_known, entry];

        return entry;
    }

    /// <summary>A module (null if it is unknown here), with the types of it that were read recently.</summary>
    internal sealed class Entry(Module? module, Guid id, string name) : NumberedIdentity
    {
        private const int TypeDefinitions = 0x02000000;
        private const int LatelySize = 64;

        private readonly Type?[] _lately = new Type?[LatelySize]; // types that were read recently, by hashed token; guarded by itself
        private readonly int[] _tokens = new int[LatelySize]; // the tokens of these types

        internal Module? Module { get; } = module;

        internal Guid Id { get; } = id;

        internal string Name { get; } = name;

        /// <summary>Returns the type with a token. Throws the runtime's exceptions for invalid tokens.</summary>
        internal Type TypeOf(int token)
        {
            // Row 1 of the table is the class for global members.
            if (token <= TypeDefinitions + 1 || token > (TypeDefinitions | 0xFFFFFF))
                throw new PayloadCorruptException($"a type with the token {token:X8}");

            int at = token % LatelySize;
            lock (_lately)
            {
                if (_tokens[at] == token)
                    return _lately[at]!;

                Type type = Module!.ResolveType(token);
                _tokens[at] = token;
                return _lately[at] = type;
            }
        }
    }
}
