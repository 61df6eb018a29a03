using System.Runtime.Loader;

File.AppendAllText(Environment.GetEnvironmentVariable("MAIN_LOG")!, $"{Environment.ProcessId}\n");
Console.WriteLine("MAIN");
var resolver = new AssemblyDependencyResolver(args[0]);
AssemblyLoadContext context = args.Length > 1 ? new AssemblyLoadContext("plug-ins", isCollectible: args[1] == "collectible") : AssemblyLoadContext.Default;
context.Resolving += (_, name) => resolver.ResolveAssemblyToPath(name) is { } path ? context.LoadFromAssemblyPath(path) : null;
var plugin = context.LoadFromAssemblyPath(args[0]);
await (Task)plugin.GetType("Scenario")!.GetMethod("RunAsync")!.Invoke(null, ["Auto", Console.Out])!;
Console.WriteLine("END");
