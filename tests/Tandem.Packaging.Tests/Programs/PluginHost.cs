using System.Runtime.Loader;

File.AppendAllText(Environment.GetEnvironmentVariable("MAIN_LOG")!, $"{Environment.ProcessId}\n");
Console.WriteLine("MAIN");
var resolver = new AssemblyDependencyResolver(args[0]);
AssemblyLoadContext.Default.Resolving += (context, name) =>
    resolver.ResolveAssemblyToPath(name) is { } path ? context.LoadFromAssemblyPath(path) : null;
var plugin = AssemblyLoadContext.Default.LoadFromAssemblyPath(args[0]);
await (Task)plugin.GetType("Scenario")!.GetMethod("RunAsync")!.Invoke(null, ["Auto"])!;
Console.WriteLine("END");
