using System.Reflection;
using Tandem.Serve.Hook;

// The runtime looks for exactly this type, outside of any namespace:
// https://github.com/dotnet/runtime/blob/main/docs/design/features/host-startup-hook.md
#pragma warning disable CA1050
/// <summary>The runtime calls this before the application's Main, in a process that was started as a worker.</summary>
internal static class StartupHook
{
    private const string Worker = "Tandem.Serve.Worker";

    /// <summary>
    /// Loads the worker and its dependencies in a separate load context. The application may use another version of Tandem, which must not
    /// be affected. The worker is loaded by name and from another file than this one: if two contexts load the same file, the runtime uses
    /// its precompiled code in the first one only.
    /// </summary>
    public static void Initialize()
    {
        string folder = Path.GetDirectoryName(typeof(StartupHook).Assembly.Location)!;
        Assembly worker = new IsolatedLoadContext(folder).LoadFromAssemblyPath(Path.Combine(folder, Worker + ".dll"));
        Type entry = worker.GetType(Worker + ".WorkerEntry")!;
        Attachment.Attach = Method(entry, "Attach").CreateDelegate<Action<object>>();
        Method(entry, "Start").CreateDelegate<Action>()();
    }

    private static MethodInfo Method(Type entry, string name) => entry.GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;
}
