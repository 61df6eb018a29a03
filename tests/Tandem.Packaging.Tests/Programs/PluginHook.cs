using System.Runtime.Loader;

/// <summary>A startup hook of the user's own: loads the plug-in in every process of the program, so that a worker finds it.</summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        string plugin = Environment.GetEnvironmentVariable("PLUGIN")!;
        var resolver = new AssemblyDependencyResolver(plugin);
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            resolver.ResolveAssemblyToPath(name) is { } path ? context.LoadFromAssemblyPath(path) : null;
        AssemblyLoadContext.Default.LoadFromAssemblyPath(plugin);
    }
}
