using System.Reflection;
using System.Runtime.Loader;

namespace Tandem.Launch;

/// <summary>
/// Assemblies that a program loads from folders that its host does not know. A worker never runs the program's Main, which knew
/// them; so it is told the folders in which the parent had found assemblies when the worker was started.
/// </summary>
internal static class PlugIns
{
    /// <summary>The folders of loaded assemblies outside of the program's own and the framework's, and <paramref name="more"/>, joined.</summary>
    internal static string Folders(IReadOnlyList<string> more)
    {
        string known = Path.PathSeparator + (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string) + Path.PathSeparator;
        List<string> folders = [.. more];
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
#pragma warning disable IL3000
            string path = assembly.IsDynamic ? "" : assembly.Location; // empty inside a single file, which its host knows
#pragma warning restore IL3000
            if (path.Length == 0 || known.Contains(Path.PathSeparator + path + Path.PathSeparator, StringComparison.Ordinal))
                continue;

            string folder = Path.GetDirectoryName(path)!;
            if (!folders.Contains(folder))
                folders.Add(folder);
        }

        return string.Join(Path.PathSeparator, folders);
    }

    /// <summary>In a worker: looks there for what the host cannot find.</summary>
    internal static void Probe(string? folders)
    {
        if (string.IsNullOrEmpty(folders))
            return;

        AssemblyLoadContext.Default.Resolving += (context, name) =>
        {
            foreach (string folder in folders.Split(Path.PathSeparator))
            {
                string path = Path.Combine(folder, name.Name + ".dll");
                if (File.Exists(path))
                    return context.LoadFromAssemblyPath(path);
            }

            return null;
        };
    }
}
