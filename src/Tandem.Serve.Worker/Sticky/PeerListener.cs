using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>Accepts the connections over which other workers forward requests. Nothing else can connect: there is no address.</summary>
internal sealed class PeerListener(ServedWorker worker) : IConnectionListener, IConnectionKeeper
{
    private readonly Channel<AcceptedConnection> _accepted = Channel.CreateUnbounded<AcceptedConnection>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SocketConnectionContextFactory _factory = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

    /// <summary>A placeholder: nothing is bound to this name.</summary>
    public EndPoint EndPoint { get; } = new UnixDomainSocketEndPoint("/tandem-peers");

    /// <summary>Serves a connection.</summary>
    internal void Serve(int descriptor)
    {
        worker.Balance.OnHandedIn();
        var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        if (_accepted.Writer.TryWrite(new AcceptedConnection(socket)))
            return;

        socket.Dispose();
        worker.Balance.OnClosed();
    }

    public bool TryServeAgain(TrackedConnection connection) => _accepted.Writer.TryWrite(new AcceptedConnection(null, connection));

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            AcceptedConnection accepted = await _accepted.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            return accepted.Socket is { } socket ? worker.Connections.Track(_factory.Create(socket), this) : accepted.Existing;
        }
        catch (ChannelClosedException)
        {
            return null; // tells Kestrel that there are no more connections
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _accepted.Writer.TryComplete();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        while (_accepted.Reader.TryRead(out AcceptedConnection accepted))
        {
            accepted.Socket?.Dispose();
            if (accepted.Existing is { } former)
                await former.DisposeAsync().ConfigureAwait(false);
        }

        _factory.Dispose();
    }
}
