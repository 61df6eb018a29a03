using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace Tandem.Serve.Worker;

/// <summary>The counterpart of <see cref="ServeHostedService"/> for hosts that support only the start and the stop of a service.</summary>
internal sealed class WebHostService(ServedWorker worker, IHostApplicationLifetime lifetime, IServer server) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        worker.OnHostStarting(lifetime);
        lifetime.ApplicationStarted.Register(
            () => worker.OnHostStarted([.. server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []]));
        lifetime.ApplicationStopped.Register(worker.OnHostStopped);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
