using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>
/// A hosted service that runs in one of all workers only: in the one that holds a lock on the board's file. The kernel gives it back
/// when that worker ends in whatever way, and another one takes over.
/// </summary>
internal sealed class HostedOnce(Func<IHostedService> create, ServedWorker worker, string name) : IHostedService, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    /// <summary>Wraps the services that the supervisor was told of.</summary>
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
                services[i] = ServiceDescriptor.Singleton<IHostedService>(provider => new HostedOnce(() => Create(service, provider), worker, name));
            }

            if (!found)
                worker.Warn($"There is no hosted service '{name}' to be run once.");
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
        (service.IsKeyedService ? null : service.ImplementationType ?? service.ImplementationInstance?.GetType() ?? service.ImplementationFactory?.Method.ReturnType) is { } type
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
            while ((file = worker.TryLock(name)) < 0)
                await Task.Delay(Interval, _stop.Token).ConfigureAwait(false);

            IHostedService service = create();
            await service.StartAsync(_stop.Token).ConfigureAwait(false);
            await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await service.StopAsync(CancellationToken.None).ConfigureAwait(false);
            (service as IDisposable)?.Dispose();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It never was this worker's turn.
        }
        catch (Exception e)
        {
            worker.Warn($"The hosted service '{name}' has failed: {e}");
        }
        finally
        {
            if (file >= 0)
                _ = Libc.Close(file);
        }
    }
}
