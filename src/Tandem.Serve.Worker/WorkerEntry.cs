using Tandem.InWorker;
using Tandem.Serve.Os;
using Tandem.Serve.Protocol;

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

        OwnAddresses.Watch(worker);
        HostingStartups.Add();
        Forget(settings.Forgets);
        worker.WaitForBegin();
    }

    /// <summary>Takes out of this process's environment what was set for its runtime, which has read it by then.</summary>
    private static void Forget(string variables)
    {
        if (variables.Length == 0)
            return;

        // The thread pool reads its settings when it makes its first thread; the rest of the runtime reads its own before any code runs.
        var hasRun = new ManualResetEventSlim(); // not disposed: it may still be in use there when the wait is over
        ThreadPool.UnsafeQueueUserWorkItem(static hasRun => hasRun.Set(), hasRun, preferLocal: false);
        hasRun.Wait();
        foreach (string variable in variables.Split(WorkerSettings.ForgetSeparator))
        {
            int end = variable.IndexOf('=', StringComparison.Ordinal);
            Environment.SetEnvironmentVariable(end < 0 ? variable : variable[..end], end < 0 ? null : variable[(end + 1)..]);
        }
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
