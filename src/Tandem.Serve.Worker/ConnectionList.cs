using Microsoft.AspNetCore.Connections;

namespace Tandem.Serve.Worker;

/// <summary>All connections that the server serves, so that draining can close them.</summary>
internal sealed class ConnectionList(ConnectionBalance balance, DrainState drain, ClientPauses pauses, TimeProvider time)
{
    private readonly Lock _lock = new(); // guards the list
    private TrackedConnection? _first; // the head of the list

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
        bool isAnyLeft = false;
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
