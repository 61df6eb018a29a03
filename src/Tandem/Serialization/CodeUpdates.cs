using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Metadata;

[assembly: MetadataUpdateHandler(typeof(Tandem.Serialization.CodeUpdates))]

namespace Tandem.Serialization;

/// <summary>
/// Detects code that hot reload changed in this process (<c>dotnet watch</c>, an IDE). Workers, including new ones, run the build on
/// disk, which does not have the change. So a call of changed code is refused instead of silently running the old code.
/// </summary>
/// <remarks>
/// The tool that applies an update calls the methods of this class by name: this is the runtime's convention for such handlers.
/// </remarks>
internal static class CodeUpdates
{
    private static readonly ConcurrentDictionary<Assembly, Assembly?> Reached = new(); // results of FindUpdated
    private static volatile HashSet<Assembly>? s_updated; // null until the first update
    private static volatile bool s_isEverything; // an update did not say which types it changed

    /// <summary>Whether any code was changed.</summary>
    internal static bool Any => s_updated is not null;

    /// <summary>Called when an update was applied.</summary>
    /// <param name="types">The types that the update changed; null if they are not known.</param>
    internal static void UpdateApplication(Type[]? types)
    {
        if (types is null)
            s_isEverything = true;

        HashSet<Assembly> updated = s_updated is { } former ? [.. former] : [];
        updated.UnionWith((types ?? []).Select(static type => type.Assembly));
        if (types is not { Length: 0 })
            s_updated = updated;
        Reached.Clear();
    }

    /// <summary>Checks that code does not depend on changed code.</summary>
    /// <exception cref="WorkSerializationException">It depends on changed code.</exception>
    internal static void Check(IEnumerable<Assembly> assemblies)
    {
        foreach (Assembly assembly in assemblies)
            Check(assembly);
    }

    /// <inheritdoc cref="Check(IEnumerable{Assembly})"/>
    internal static void Check(Assembly assembly)
    {
        if (!Any)
            return;

        if (Reached.GetOrAdd(assembly, FindUpdated) is { } updated)
        {
            throw new WorkSerializationException(
                $"hot reload has changed code of '{updated.GetName().Name}' in this program, "
                + "but worker processes run the build on disk, which does not have the change. "
                + "Restart the program to run the new code in processes; pools of threads already run it");
        }
    }

    /// <summary>Returns a changed assembly that this assembly can call; null for none.</summary>
    private static Assembly? FindUpdated(Assembly start)
    {
        HashSet<Assembly> updated = s_updated!;
        // Hot reload does not change the framework or this library.
        if (s_isEverything && updated.Count == 0)
            return IsFramework(start) ? null : start;

        var loaded = new Dictionary<string, Assembly>(StringComparer.OrdinalIgnoreCase);
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
            loaded.TryAdd(assembly.GetName().Name ?? "", assembly);

        var seen = new HashSet<Assembly> { start };
        var left = new Queue<Assembly>(seen);
        while (left.TryDequeue(out Assembly? next))
        {
            if (updated.Contains(next) || (s_isEverything && !IsFramework(next)))
                return next;

            foreach (AssemblyName name in next.GetReferencedAssemblies())
            {
                if (name.Name is not null && loaded.TryGetValue(name.Name, out Assembly? referenced)
                    && !IsFramework(referenced) && seen.Add(referenced))
                    left.Enqueue(referenced);
            }
        }

        return null;
    }

    private static bool IsFramework(Assembly assembly) =>
        assembly == typeof(CodeUpdates).Assembly || assembly.GetName().Name is not { } name
        || name.StartsWith("System.", StringComparison.Ordinal) || name is "mscorlib" or "netstandard" or "System";
}
