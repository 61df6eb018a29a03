using Tandem.InWorker;

// The runtime requires exactly this type, outside of any namespace:
// https://github.com/dotnet/runtime/blob/main/docs/design/features/host-startup-hook.md
#pragma warning disable CA1050
/// <summary>The startup hook: the runtime calls it before Main in a process that was started as a worker.</summary>
internal static class StartupHook
{
    /// <summary>Does not return in a worker process.</summary>
    public static void Initialize() => WorkerHost.RunIfWorker();
}
