using System.Reflection;
using System.Runtime.Loader;

namespace Tandem.Launch;

/// <summary>
/// Assemblies that a program loads from folders that its host does not know. A worker never runs the program's Main, which knew
/// them; so it is told the folders in which the parent had found assemblies when the worker was started.
/// </summary>
internal static class PlugIns
{
    /// <summary>
    /// The folders of loaded assemblies, but for the runtime's own, and <paramref name="more"/>, joined. The program's own is among them:
    /// it may hold assemblies of which its host was not told.
    /// </summary>
    internal static string Folders(IReadOnlyList<string> more)
    {
#pragma warning disable IL3000
        string runtime = FolderOf(typeof(object).Assembly.Location);
        List<string> folders = [.. more];
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            // Empty inside a single file, which its host knows.
            string folder = assembly.IsDynamic ? "" : FolderOf(assembly.Location);
            if (folder.Length > 0 && folder != runtime && !folders.Contains(folder))
                folders.Add(folder);
        }
#pragma warning restore IL3000

        return string.Join(Path.PathSeparator, folders);
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(path) ?? "";

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
