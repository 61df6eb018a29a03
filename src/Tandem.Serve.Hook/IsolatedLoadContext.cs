using System.Reflection;
using System.Runtime.Loader;

namespace Tandem.Serve.Hook;

/// <summary>The load context of Tandem's own assemblies in an application's process. All other assemblies are the application's.</summary>
internal sealed class IsolatedLoadContext : AssemblyLoadContext
{
    private readonly string _folder;

    internal IsolatedLoadContext(string folder)
        : base("Tandem serve")
    {
        _folder = folder;
        // An application that is not ASP.NET Core lacks some assemblies that Tandem needs.
        Resolving += (_, name) => Find(name);
    }

    protected override Assembly? Load(AssemblyName assemblyName) =>
        assemblyName.Name == "Tandem" || assemblyName.Name!.StartsWith("Tandem.Serve", StringComparison.Ordinal)
            ? Find(assemblyName)
            : null;

    private Assembly? Find(AssemblyName name)
    {
        string path = Path.Combine(_folder, name.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
