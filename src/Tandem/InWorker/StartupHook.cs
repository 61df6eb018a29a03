using Tandem.InWorker;

// The runtime looks for exactly this type, outside of any namespace:
// https://github.com/dotnet/runtime/blob/main/docs/design/features/host-startup-hook.md
#pragma warning disable CA1050
/// <summary>Entered by the runtime before Main, in a process that was started as a worker.</summary>
internal static class StartupHook
{
    /// <summary>Does not return in a worker.</summary>
    public static void Initialize() => WorkerHost.RunIfWorker();
}
