using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Tandem.Serve.Worker;

/// <summary>
/// The connections that a listener has accepted, until the server takes them. Draining waits for them (<see cref="ConnectionList.Expect"/>).
/// A caller that adds a connection has counted it as open (<see cref="ConnectionBalance"/>) before.
/// </summary>
/// <param name="worker">This process.</param>
/// <param name="listener">The listener, which the server gets its connections from.</param>
/// <param name="connect">Makes the server's connection; throws <see cref="SocketException"/> if the socket was closed meanwhile.</param>
/// <param name="runsInline">Whether the server's accept loop may run on the thread that adds a connection.</param>
internal sealed class AcceptedConnections(
    ServedWorker worker, IConnectionKeeper listener, Func<Socket, ConnectionContext> connect, bool runsInline)
{
    private readonly Channel<AcceptedConnection> _channel = Channel.CreateUnbounded<AcceptedConnection>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = runsInline });

    /// <summary>Adds a connection; closes it if the server takes no more.</summary>
    internal void Add(Socket socket)
    {
        worker.Connections.Expect();
        if (!_channel.Writer.TryWrite(new AcceptedConnection(socket)))
            Lose(socket);
    }

    /// <summary>Adds a connection that was accepted elsewhere; closes it if the server takes no more, or if the other side has reset it.</summary>
    internal void Add(int descriptor)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        worker.Connections.Expect();
        try
        {
            if (_channel.Writer.TryWrite(new AcceptedConnection(new Socket(handle))))
                return;
        }
        catch (SocketException)
        {
            // The other side reset the connection before it was handled.
        }

        Lose(handle);
    }

    /// <summary>Adds a connection that the server had before; false if the server takes no more.</summary>
    internal bool TryAddAgain(TrackedConnection connection) => _channel.Writer.TryWrite(new AcceptedConnection(null, connection));

    /// <summary>Takes the next connection for the server; null when there are no more.</summary>
    internal async ValueTask<ConnectionContext?> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            AcceptedConnection accepted;
            try
            {
                accepted = await _channel.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelClosedException)
            {
                return null; // tells Kestrel that there are no more connections
            }

            if (accepted.Socket is not { } socket)
                return accepted.Existing;

            try
            {
                return worker.Connections.Track(connect(socket), listener);
            }
            catch (SocketException)
            {
                Lose(socket); // the other side reset the connection before it was handled
            }
        }
    }

    /// <summary>No further connection can be added.</summary>
    internal void Complete() => _channel.Writer.TryComplete();

    /// <summary>Closes the connections that the server has not taken.</summary>
    internal async ValueTask CloseAllAsync()
    {
        while (_channel.Reader.TryRead(out AcceptedConnection accepted))
        {
            if (accepted.Socket is { } socket)
                Lose(socket);
            if (accepted.Existing is { } existing)
                await existing.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Lose(IDisposable socket)
    {
        socket.Dispose();
        worker.Connections.OnLost();
    }
}
