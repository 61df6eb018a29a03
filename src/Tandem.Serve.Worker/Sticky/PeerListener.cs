using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>Accepts the connections over which other workers forward requests. Nothing else can connect: there is no address.</summary>
internal sealed class PeerListener : IConnectionListener, IConnectionKeeper
{
    private readonly ServedWorker _worker;
    private readonly AcceptedConnections _accepted; // what the server has not taken yet
    private readonly SocketConnectionContextFactory _factory = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

    internal PeerListener(ServedWorker worker)
    {
        _worker = worker;
        _accepted = new AcceptedConnections(worker, this, _factory.Create, runsInline: false);
    }

    /// <summary>A placeholder: nothing is bound to this name.</summary>
    public EndPoint EndPoint { get; } = new UnixDomainSocketEndPoint("/tandem-peers");

    /// <summary>Serves a connection.</summary>
    internal void Serve(int descriptor)
    {
        _worker.Balance.OnHandedIn();
        _accepted.Add(descriptor);
    }

    public bool TryServeAgain(TrackedConnection connection) => _accepted.TryAddAgain(connection);

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => _accepted.TakeAsync(cancellationToken);

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _accepted.Complete();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        await _accepted.CloseAllAsync().ConfigureAwait(false);
        _factory.Dispose();
    }
}
