using System.Net;
using System.Net.Sockets;
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

    private readonly AcceptedConnections _accepted; // what the server has not taken yet

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
        // Kestrel's accept loop only queues the connection, so it may run on the accepting thread.
        _accepted = new AcceptedConnections(worker, this, Connect, runsInline: true);
        _thread = new AcceptThread(worker, descriptor, endPoint, _accepted);
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
            _thread = new AcceptThread(_worker, descriptor, EndPoint, _accepted);
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
    internal void Serve(int descriptor) => _accepted.Add(descriptor);

    public bool TryServeAgain(TrackedConnection connection) => _accepted.TryAddAgain(connection);

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => _accepted.TakeAsync(cancellationToken);

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _worker.Listeners.Remove(this);
        await CloseAsync(mayEmptyQueue: false).ConfigureAwait(false);
        _accepted.Complete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        await _accepted.CloseAllAsync().ConfigureAwait(false);
    }

    private ConnectionContext Connect(Socket socket)
    {
        if (_delays)
            socket.NoDelay = false;

        return _factory.Create(socket);
    }
}
