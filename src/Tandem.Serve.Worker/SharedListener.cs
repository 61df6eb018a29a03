using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>A socket of the supervisor's on which this worker accepts, beside all others.</summary>
internal sealed class SharedListener : IConnectionListener, IConnectionKeeper
{
    private readonly ServedWorker _worker;
    private readonly SocketConnectionContextFactory _factory;
    private readonly bool _delays;

    // Kestrel's loop goes on at once on the thread that accepts: all that it does is to queue the connection.
    private readonly Channel<AcceptedConnection> _accepted = Channel.CreateUnbounded<AcceptedConnection>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly Lock _moving = new();
    private AcceptThread _thread;
    private bool _isOpen;
    private bool _isClosed;

    internal SharedListener(ServedWorker worker, int descriptor, EndPoint endPoint, SocketConnectionContextFactory factory, bool delays)
    {
        _worker = worker;
        _factory = factory;
        _delays = delays;
        EndPoint = endPoint;
        _thread = new AcceptThread(worker, descriptor, endPoint, _accepted.Writer);
    }

    public EndPoint EndPoint { get; }

    /// <summary>Begins to take connections.</summary>
    internal void Open()
    {
        lock (_moving)
        {
            _isOpen = true;
            _thread.Start();
        }
    }

    /// <summary>Takes connections from another socket, which was bound where this one was; what waits in this one is taken first.</summary>
    internal void Move(int descriptor)
    {
        lock (_moving)
        {
            if (_isClosed)
            {
                _ = Libc.Close(descriptor);
                return;
            }

            AcceptThread former = _thread;
            _thread = new AcceptThread(_worker, descriptor, EndPoint, _accepted.Writer);
            if (_isOpen)
                _thread.Start();
            _ = former.StopAsync(mayEmptyQueue: _isOpen, nobodyElseWill: true);
        }
    }

    /// <summary>Takes no more; completes when none can be on its way any more.</summary>
    /// <param name="mayEmptyQueue">Whether to take what waits already, if <see cref="ServedWorker.EmptiesQueue"/>.</param>
    internal Task CloseAsync(bool mayEmptyQueue)
    {
        lock (_moving)
        {
            _isClosed = true;
            return _thread.StopAsync(mayEmptyQueue, nobodyElseWill: false);
        }
    }

    /// <summary>Serves a connection that was made elsewhere.</summary>
    internal void Serve(int descriptor)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            if (_accepted.Writer.TryWrite(new AcceptedConnection(new Socket(handle))))
                return;
        }
        catch (SocketException)
        {
            // Reset before it was looked at.
        }

        handle.Dispose();
        _worker.OnConnectionClosed();
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
                return null; // Kestrel's word for: it is over
            }

            if (accepted.Socket is not { } socket)
                return accepted.Former;

            try
            {
                if (_delays)
                    socket.NoDelay = false;

                return _worker.Track(_factory.Create(socket), this);
            }
            catch (SocketException)
            {
                socket.Dispose(); // reset before it was looked at
                _worker.OnConnectionClosed();
            }
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _worker.Remove(this);
        await CloseAsync(mayEmptyQueue: false).ConfigureAwait(false);
        _accepted.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        while (_accepted.Reader.TryRead(out AcceptedConnection accepted))
        {
            accepted.Socket?.Dispose();
            if (accepted.Former is { } former)
                await former.DisposeAsync().ConfigureAwait(false);
        }
    }
}
