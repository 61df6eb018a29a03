using Tandem.Serve.Os;
using Tandem.Serve.Protocol;
using Tandem.Worker;

namespace Tandem.Serve.Worker;

/// <summary>What happens in a worker before the application's <c>Main</c>.</summary>
internal static class WorkerEntry
{
    /// <summary>Connects to the supervisor, and waits for the application's host to be built.</summary>
    internal static void Start()
    {
        if (Environment.GetEnvironmentVariable(ServeProtocol.SettingsVariable) is not { } text)
            return;

        // What the application starts is no worker.
        Environment.SetEnvironmentVariable(ServeProtocol.SettingsVariable, null);
        var settings = WorkerSettings.Read(text);
        foreach (string variable in settings.Forgets.Split(';', StringSplitOptions.RemoveEmptyEntries))
            Environment.SetEnvironmentVariable(variable, null);

        var worker = new ServedWorker(settings);
        ServedWorker.Current = worker;
        // Not earlier: what it names must be loaded, or be found where the application's is, or the runtime gives up at that point.
        if (settings.StartProfile.Length > 0)
            StartProfile.Begin(settings.StartProfile);

        SupervisorSignals.Ignore();
        worker.Start();
        WorkerHost.RunBeside(new Guest(ServeAsync, ServedWorker.OnOrphaned));
        if (AppContext.TryGetSwitch("Microsoft.Extensions.Hosting.DisableDiagnostics", out bool disabled) && disabled)
            worker.Refuse("Its host tells nobody when it is built.");
        else
            HostObserver.Subscribe(worker);

        HostingStartups.Add();
        worker.WaitForBegin();
    }

    /// <summary>Called by hosts that are being built.</summary>
    /// <param name="builder">The host's builder.</param>
    internal static void Attach(object builder)
    {
        if (ServedWorker.Current is { } worker)
            WebHostAttachment.Attach(builder, worker);
    }

    /// <summary>The worker's only work: it is done when the application has ended as it was told to.</summary>
    private static Task ServeAsync(CancellationToken stop) => ServedWorker.Current.RunAsync(stop);
}
