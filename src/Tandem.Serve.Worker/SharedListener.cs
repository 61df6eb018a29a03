using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>A listening socket of the supervisor, on which this worker accepts together with all other workers.</summary>
internal sealed class SharedListener : IConnectionListener, IConnectionKeeper
{
    private readonly ServedWorker _worker;
    private readonly SocketConnectionContextFactory _factory;
    private readonly bool _delays; // whether accepted sockets use Nagle's algorithm

    // Continuations run synchronously: Kestrel's accept loop only queues the connection, so it may run on the accepting thread.
    private readonly Channel<AcceptedConnection> _accepted = Channel.CreateUnbounded<AcceptedConnection>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly Lock _moving = new(); // guards the fields below
    private AcceptThread _thread; // accepts on the current socket
    private Task _formerEnd = Task.CompletedTask; // completes when the threads of former sockets have ended
    private bool _isOpen; // whether the worker accepts connections
    private bool _isClosed; // whether CloseAsync was called

    internal SharedListener(ServedWorker worker, int descriptor, EndPoint endPoint, SocketConnectionContextFactory factory, bool delays)
    {
        _worker = worker;
        _factory = factory;
        _delays = delays;
        EndPoint = endPoint;
        _thread = new AcceptThread(worker, descriptor, endPoint, _accepted.Writer);
    }

    public EndPoint EndPoint { get; }

    /// <summary>Starts to accept connections.</summary>
    internal void Open()
    {
        lock (_moving)
        {
            _isOpen = true;
            _thread.Start();
        }
    }

    /// <summary>
    /// Accepts on another socket, which was bound in place of this one. The connections that wait in this one are accepted first.
    /// </summary>
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
            _formerEnd = Task.WhenAll(_formerEnd, former.StopAsync(mayEmptyQueue: _isOpen, nobodyElseWill: true));
        }
    }

    /// <summary>Stops accepting; completes when no further connection can arrive.</summary>
    /// <param name="mayEmptyQueue">Whether to accept the connections that wait, if <see cref="DrainState.EmptiesQueue"/>.</param>
    internal Task CloseAsync(bool mayEmptyQueue)
    {
        lock (_moving)
        {
            _isClosed = true;
            return Task.WhenAll(_formerEnd, _thread.StopAsync(mayEmptyQueue, nobodyElseWill: false));
        }
    }

    /// <summary>Serves a connection that was accepted elsewhere.</summary>
    internal void Serve(int descriptor)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        _worker.Connections.Expect();
        try
        {
            if (_accepted.Writer.TryWrite(new AcceptedConnection(new Socket(handle))))
                return;
        }
        catch (SocketException)
        {
            // The client reset the connection before it was handled.
        }

        handle.Dispose();
        _worker.Connections.OnLost();
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
                if (_delays)
                    socket.NoDelay = false;

                return _worker.Connections.Track(_factory.Create(socket), this);
            }
            catch (SocketException)
            {
                socket.Dispose(); // the client reset the connection before it was handled
                _worker.Connections.OnLost();
            }
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _worker.Listeners.Remove(this);
        await CloseAsync(mayEmptyQueue: false).ConfigureAwait(false);
        _accepted.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        while (_accepted.Reader.TryRead(out AcceptedConnection accepted))
        {
            if (accepted.Socket is { } socket)
            {
                socket.Dispose();
                _worker.Connections.OnLost();
            }

            if (accepted.Existing is { } former)
                await former.DisposeAsync().ConfigureAwait(false);
        }
    }
}
