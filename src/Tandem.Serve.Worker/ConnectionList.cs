using Microsoft.AspNetCore.Connections;

namespace Tandem.Serve.Worker;

/// <summary>All connections that the server serves, so that draining can close them.</summary>
internal sealed class ConnectionList(ConnectionBalance balance, DrainState drain, ClientPauses pauses, TimeProvider time)
{
    private readonly Lock _lock = new(); // guards the list
    private TrackedConnection? _first; // the head of the list
    private int _expected; // connections that were given to a listener, and that the server has not taken from it yet

    /// <summary>
    /// A connection is about to be given to a listener. Until <see cref="Track"/> or <see cref="OnLost"/>, draining waits for it: the
    /// server would close a connection that it takes while it stops, and with it a request that nobody has read.
    /// </summary>
    internal void Expect() => Interlocked.Increment(ref _expected);

    /// <summary>A connection for which <see cref="Expect"/> was called was closed before the server took it.</summary>
    internal void OnLost()
    {
        Interlocked.Decrement(ref _expected);
        balance.OnClosed();
    }

    /// <summary>Adds a connection; it is removed when it is closed.</summary>
    internal TrackedConnection Track(ConnectionContext connection, IConnectionKeeper listener)
    {
        var tracked = new TrackedConnection(connection, drain, pauses, listener, time);
        lock (_lock)
        {
            tracked.Next = _first;
            _first?.Previous = tracked;
            _first = tracked;
        }

        // After it is in the list: see CloseQuiet.
        Interlocked.Decrement(ref _expected);
        connection.ConnectionClosed.UnsafeRegister(
            static state => ServedWorker.Current.Connections.Forget((TrackedConnection)state!), tracked);
        return tracked;
    }

    internal List<TrackedConnection> Snapshot()
    {
        List<TrackedConnection> all = [];
        lock (_lock)
        {
            for (TrackedConnection? one = _first; one is not null; one = one.Next)
                all.Add(one);
        }

        return all;
    }

    /// <summary>Closes the connections that are quiet; returns whether any connection is left to wait for.</summary>
    internal bool CloseQuiet()
    {
        // Before the list is read: a connection that is no longer expected is in the list then.
        bool isAnyLeft = Volatile.Read(ref _expected) > 0;
        foreach (TrackedConnection one in Snapshot())
        {
            one.CloseIfQuiet();
            isAnyLeft |= !one.HasOnlyStreams;
        }

        return isAnyLeft;
    }

    /// <summary>
    /// Aborts all connections. Their time is over, and the rest is for the application's own shutdown: the server waits for its
    /// connections, and hosted services that started before it are stopped only after it.
    /// </summary>
    internal void Abort()
    {
        foreach (TrackedConnection one in Snapshot())
        {
            one.Abort(new ConnectionAbortedException(
                "The worker is shutting down, and the time for its requests is over (--drain-timeout)."));
        }
    }

    private void Forget(TrackedConnection connection)
    {
        balance.OnClosed();
        lock (_lock)
        {
            connection.Previous?.Next = connection.Next;
            connection.Next?.Previous = connection.Previous;
            if (_first == connection)
                _first = connection.Next;
        }
    }
}
