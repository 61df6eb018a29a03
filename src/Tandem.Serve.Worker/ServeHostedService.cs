using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace Tandem.Serve.Worker;

/// <summary>Notifies the supervisor when the application starts, has started and has stopped.</summary>
internal sealed class ServeHostedService(ServedWorker worker, IHostApplicationLifetime lifetime, IServer server) : IHostedLifecycleService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        worker.OnHostStarting(lifetime);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(
            () => worker.OnHostStarted([.. server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []]));
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        worker.OnHostStopped();
        return Task.CompletedTask;
    }
}
