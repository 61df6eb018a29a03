using System.Reflection;
using System.Runtime.Loader;

namespace Tandem.Compare.Methods;

/// <summary>
/// Loads the dependencies of an assembly that is not a program, from where its .deps.json says that they are. All are loaded at once,
/// because worker processes get the folders of the loaded assemblies when they start.
/// </summary>
internal static class LibraryLoader
{
    internal static void Prepare(string path)
    {
        var resolver = new AssemblyDependencyResolver(path);
        AssemblyLoadContext context = AssemblyLoadContext.Default;
        context.Resolving += (context, name) =>
            resolver.ResolveAssemblyToPath(name) is { } file ? context.LoadFromAssemblyPath(file) : null;
        context.ResolvingUnmanagedDll += (_, name) =>
            resolver.ResolveUnmanagedDllToPath(name) is { } file ? System.Runtime.InteropServices.NativeLibrary.Load(file) : 0;

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<Assembly>([context.LoadFromAssemblyPath(path)]);
        while (waiting.TryDequeue(out Assembly? assembly))
        {
            foreach (AssemblyName reference in assembly.GetReferencedAssemblies())
            {
                if (seen.Add(reference.FullName) && TryLoad(context, reference) is { } loaded && !IsOfFramework(loaded))
                    waiting.Enqueue(loaded);
            }
        }
    }

    private static bool IsOfFramework(Assembly assembly) =>
        assembly.Location.StartsWith(Path.GetDirectoryName(typeof(object).Assembly.Location)!, StringComparison.Ordinal);

    /// <summary>Null for a dependency that does not exist: it may never be needed.</summary>
    private static Assembly? TryLoad(AssemblyLoadContext context, AssemblyName name)
    {
        try
        {
            return context.LoadFromAssemblyName(name);
        }
        catch (Exception e) when (e is IOException or BadImageFormatException)
        {
            return null;
        }
    }
}
