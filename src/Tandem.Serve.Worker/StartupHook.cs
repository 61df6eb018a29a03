using System.Reflection;
using Tandem.Serve.Worker;

// The runtime looks for exactly this type, outside of any namespace:
// https://github.com/dotnet/runtime/blob/main/docs/design/features/host-startup-hook.md
#pragma warning disable CA1050, CS0436
/// <summary>Entered by the runtime before the application's Main, in a process that was started as a worker.</summary>
internal static class StartupHook
{
    /// <summary>
    /// Loads this assembly once more, with what it needs, apart from the application: which may have a Tandem of its own, of another
    /// version, and must find it as if this one were not there.
    /// </summary>
    public static void Initialize()
    {
        string path = typeof(StartupHook).Assembly.Location;
        Assembly apart = new ApartLoadContext(Path.GetDirectoryName(path)!).LoadFromAssemblyPath(path);
        apart.GetType(typeof(WorkerEntry).FullName!)!
            .GetMethod(nameof(WorkerEntry.Start), BindingFlags.Static | BindingFlags.NonPublic)!
            .CreateDelegate<Action>()();
    }
}
