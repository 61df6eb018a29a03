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
    private readonly Channel<AcceptedConnection> _accepted =
        Channel.CreateUnbounded<AcceptedConnection>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SocketConnectionContextFactory _factory = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

    /// <summary>A placeholder: nothing is bound to this name.</summary>
    public EndPoint EndPoint { get; } = new UnixDomainSocketEndPoint("/tandem-peers");

    /// <summary>Serves a connection.</summary>
    internal void Serve(int descriptor)
    {
        worker.Balance.OnHandedIn();
        worker.Connections.Expect();
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            if (_accepted.Writer.TryWrite(new AcceptedConnection(new Socket(handle))))
                return;
        }
        catch (SocketException)
        {
            // The other worker closed the connection before it was handled.
        }

        handle.Dispose();
        worker.Connections.OnLost();
    }

    public bool TryServeAgain(TrackedConnection connection) => _accepted.Writer.TryWrite(new AcceptedConnection(null, connection));

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            AcceptedConnection accepted;
            try
            {
                accepted = await _accepted.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelClosedException)
            {
                return null; // tells Kestrel that there are no more connections
            }

            if (accepted.Socket is not { } socket)
                return accepted.Existing;

            try
            {
                return worker.Connections.Track(_factory.Create(socket), this);
            }
            catch (SocketException)
            {
                socket.Dispose(); // the other worker closed the connection before it was handled
                worker.Connections.OnLost();
            }
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
            if (accepted.Socket is { } socket)
            {
                socket.Dispose();
                worker.Connections.OnLost();
            }

            if (accepted.Existing is { } former)
                await former.DisposeAsync().ConfigureAwait(false);
        }

        _factory.Dispose();
    }
}
