using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>
/// A hosted service that runs in one worker only: the one that holds a lock on the board's file. The kernel releases the lock when that
/// worker exits, for whatever reason, and another worker takes over.
/// </summary>
internal sealed class HostedOnce(
    Func<IHostedService> create, ServedWorker worker, string name, IHostApplicationLifetime lifetime, HostOptions options)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new(); // cancelled when the host stops
    private Task _run = Task.CompletedTask; // waits for the lock, and then runs the service

    /// <summary>Wraps the hosted services that are named in the settings.</summary>
    internal static void Wrap(IServiceCollection services, ServedWorker worker)
    {
        string[] names = worker.Settings.Once.Split(';', StringSplitOptions.RemoveEmptyEntries);
        foreach (string name in names)
        {
            bool found = false;
            for (int i = 0; i < services.Count; i++)
            {
                if (services[i] is not { ServiceType: var type } service || type != typeof(IHostedService) || !Matches(service, name))
                    continue;

                found = true;
                services[i] = ServiceDescriptor.Singleton<IHostedService>(provider => new HostedOnce(
                    () => Create(service, provider),
                    worker,
                    name,
                    provider.GetRequiredService<IHostApplicationLifetime>(),
                    provider.GetRequiredService<IOptions<HostOptions>>().Value));
            }

            if (!found)
                worker.Warn($"There is no hosted service '{name}' (--once).");
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _run = RunAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    private static bool Matches(ServiceDescriptor service, string name) =>
        (service.IsKeyedService
            ? null
            : service.ImplementationType
                ?? service.ImplementationInstance?.GetType()
                ?? service.ImplementationFactory?.Method.ReturnType) is { } type
        && (type.Name == name || type.FullName == name);

    private static IHostedService Create(ServiceDescriptor service, IServiceProvider provider) =>
        service.ImplementationInstance as IHostedService
            ?? service.ImplementationFactory?.Invoke(provider) as IHostedService
            ?? (IHostedService)ActivatorUtilities.CreateInstance(provider, service.ImplementationType!);

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        int file = -1;
        try
        {
            // Wait for the start, because a failure before it looks like a failed start of the application.
            await StartedAsync().ConfigureAwait(false);
            while ((file = worker.TryLock(name)) < 0)
                await Task.Delay(Interval, worker.Time, _stop.Token).ConfigureAwait(false);

            IHostedService service = create();
            try
            {
                await service.StartAsync(_stop.Token).ConfigureAwait(false);
                await EndOrStopAsync(service).ConfigureAwait(false);
            }
            finally
            {
                await service.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                (service as IDisposable)?.Dispose();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // This worker never got the lock, or the service was stopped.
        }
        catch (Exception e)
        {
            OnFailed(e);
        }
        finally
        {
            if (file >= 0)
                _ = Libc.Close(file);
        }
    }

    private async Task StartedAsync()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(_stop.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the service fails or is stopped. A service that has completed has done its work for all workers: the lock is kept, so
    /// that no other worker runs it again.
    /// </summary>
    private async Task EndOrStopAsync(IHostedService service)
    {
        Task stop = Task.Delay(Timeout.InfiniteTimeSpan, worker.Time, _stop.Token);
        if (service is BackgroundService { ExecuteTask: { } execution }
            && await Task.WhenAny(execution, stop).ConfigureAwait(false) == execution)
        {
            await execution.ConfigureAwait(false);
        }

        await stop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Handles a failure as the host does: the application stops, so that another worker takes over, or it continues without the service.
    /// </summary>
    private void OnFailed(Exception error)
    {
        bool isFatal = options.BackgroundServiceExceptionBehavior == BackgroundServiceExceptionBehavior.StopHost;
        worker.Warn(
            $"The hosted service '{name}' failed"
            + $"{(isFatal ? ", so this worker stops (HostOptions.BackgroundServiceExceptionBehavior)" : "; another worker will run it")}"
            + $": {error}");
        if (isFatal)
            worker.Drainer.Drain();
    }
}
