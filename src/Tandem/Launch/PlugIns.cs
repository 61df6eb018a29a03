using System.Reflection;
using System.Runtime.Loader;

namespace Tandem.Launch;

/// <summary>
/// Plug-ins: assemblies that a program loads from folders that its host does not know. A worker never runs the program's Main, which
/// loads them, so the parent passes the folders in which it had found assemblies when it started the worker.
/// </summary>
internal static class PlugIns
{
    /// <summary>
    /// Returns the folders of loaded assemblies that belong neither to the program nor to the framework, and <paramref name="more"/>,
    /// joined.
    /// </summary>
    internal static string Folders(IReadOnlyList<string> more)
    {
        string known = Path.PathSeparator + (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string) + Path.PathSeparator;
        List<string> folders = [.. more];
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
#pragma warning disable IL3000
            string path = assembly.IsDynamic ? "" : assembly.Location; // empty inside a single file, which the host knows
#pragma warning restore IL3000
            if (path.Length == 0 || known.Contains(Path.PathSeparator + path + Path.PathSeparator, StringComparison.Ordinal))
                continue;

            string folder = Path.GetDirectoryName(path)!;
            if (!folders.Contains(folder))
                folders.Add(folder);
        }

        return string.Join(Path.PathSeparator, folders);
    }

    /// <summary>In a worker: searches the folders for assemblies that the host cannot find.</summary>
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
