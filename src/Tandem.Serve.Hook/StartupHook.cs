using System.Reflection;
using Tandem.Serve.Hook;

// The runtime looks for exactly this type, outside of any namespace:
// https://github.com/dotnet/runtime/blob/main/docs/design/features/host-startup-hook.md
#pragma warning disable CA1050
/// <summary>Entered by the runtime before the application's Main, in a process that was started as a worker.</summary>
internal static class StartupHook
{
    private const string Worker = "Tandem.Serve.Worker";

    /// <summary>
    /// Loads the worker, with what it needs, apart from the application: which may have a Tandem of its own, of another version, and
    /// must find it as if this one were not there. By name, and from another file than this one: of a file that two contexts load, the
    /// runtime uses the code compiled ahead in the first only.
    /// </summary>
    public static void Initialize()
    {
        string folder = Path.GetDirectoryName(typeof(StartupHook).Assembly.Location)!;
        Type entry = new ApartLoadContext(folder).LoadFromAssemblyPath(Path.Combine(folder, Worker + ".dll")).GetType(Worker + ".WorkerEntry")!;
        Attachment.Attach = Method(entry, "Attach").CreateDelegate<Action<object>>();
        Method(entry, "Start").CreateDelegate<Action>()();
    }

    private static MethodInfo Method(Type entry, string name) => entry.GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;
}
