using Tandem.InWorker;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>The entry point of a worker, before the application's <c>Main</c>.</summary>
internal static class WorkerEntry
{
    /// <summary>Connects to the supervisor, and subscribes to the build of the application's host.</summary>
    internal static void Start()
    {
        if (Environment.GetEnvironmentVariable(ServeProtocol.SettingsVariable) is not { } text)
            return;

        // Processes that the application starts are not workers.
        Environment.SetEnvironmentVariable(ServeProtocol.SettingsVariable, null);
        var settings = WorkerSettings.Read(text);
        var worker = new ServedWorker(settings, TimeProvider.System);
        ServedWorker.Current = worker;
        // Not earlier: the assemblies that the profile names must be loaded, or be found where the application's are; otherwise the runtime
        // stops preparing at that point.
        if (settings.StartProfile.Length > 0)
            StartProfile.Begin(settings.StartProfile);

        SupervisorSignals.Ignore();
        worker.Start();
        WorkerHost.RunBeside(new GuestWorker(ServeAsync, ServedWorker.OnOrphaned));
        if (AppContext.TryGetSwitch("Microsoft.Extensions.Hosting.DisableDiagnostics", out bool disabled) && disabled)
        {
            worker.Refuse(
                "The application disables the diagnostic event by which tandem serve finds its host "
                + "(Microsoft.Extensions.Hosting.DisableDiagnostics).");
        }
        else
        {
            HostObserver.Subscribe(worker);
        }

        OwnAddresses.Watch(worker);
        HostingStartups.Add();
        Forget(settings.Forgets);
        worker.WaitForBegin();
    }

    /// <summary>
    /// Removes or restores environment variables that were set only for this process's runtime, which has read them by then.
    /// </summary>
    private static void Forget(string variables)
    {
        if (variables.Length == 0)
            return;

        // The thread pool reads its settings when it creates its first thread; the rest of the runtime reads its own before any managed
        // code runs.
        var hasRun = new ManualResetEventSlim(); // not disposed, because the work item may still use it when the wait is over
        ThreadPool.UnsafeQueueUserWorkItem(static hasRun => hasRun.Set(), hasRun, preferLocal: false);
        hasRun.Wait();
        foreach (string variable in variables.Split(WorkerSettings.ForgetSeparator))
        {
            int end = variable.IndexOf('=', StringComparison.Ordinal);
            Environment.SetEnvironmentVariable(end < 0 ? variable : variable[..end], end < 0 ? null : variable[(end + 1)..]);
        }
    }

    /// <summary>Called by old hosts that are being built.</summary>
    /// <param name="builder">The host's builder.</param>
    internal static void Attach(object builder)
    {
        if (ServedWorker.Current is { } worker)
            WebHostAttachment.Attach(builder, worker);
    }

    /// <summary>The worker's only work item: it completes when the application has stopped.</summary>
    private static Task ServeAsync(CancellationToken stop) => ServedWorker.Current.RunAsync(stop);
}
