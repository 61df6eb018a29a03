using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Tandem.Serve.Worker;

/// <summary>
/// A server that drains its connections before it stops, for hosts that stop the server directly. Kestrel itself would close them at once.
/// </summary>
internal sealed class DrainingServer(IServer inner, ServedWorker worker) : IServer
{
    public IFeatureCollection Features => inner.Features;

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull => inner.StartAsync(application, cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        worker.Drainer.Drain();
        await worker.Drainer.Drained.ConfigureAwait(false);
        await inner.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => inner.Dispose();
}
