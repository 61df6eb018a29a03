using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <content>
/// Connections, and how a worker ends without losing a request. Kestrel's own stop closes every connection that has no request at that
/// instant, also one whose request lies in the socket already. So first no more connections are taken; then every answer of HTTP/1
/// says that it is the connection's last, and HTTP/2 says GOAWAY; and a connection is closed only when it has been silent for longer than
/// its client is known to pause.
/// </content>
internal sealed partial class ServedWorker
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>How many connections show whether they are kept.</summary>
    private const int Sample = 8;

    /// <summary>In how long they must have come, in milliseconds.</summary>
    private const int SampleTime = 100;

    private readonly Lock _tracking = new();
    private TrackedConnection? _first;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _draining;
    private long _drainsSince; // in milliseconds; 0 before

    /// <summary>The part of the time for its end that the application's own shutdown has, where it has none beside: a fifth, and no more than this, in milliseconds.</summary>
    private const int MostShutdownPart = 1000;

    /// <summary>After how many connections of its own the workers' shares are counted anew: more than come in one slice of a processor's time.</summary>
    private const int ShareWindow = 512;

    /// <summary>How many times the others' share its own may be, and an eighth of the window more.</summary>
    private const double ShareSlack = 1.2;

    private readonly long[] _acceptedBefore = new long[Board.Capacity];
    private volatile bool _isAhead;

    private volatile bool _emptiesQueue;
    private volatile bool _areShortLived;
    private long _closedBefore; // these two are the accepting threads', whose looks may cross: then one is as good as the other
    private long _sampledAt;
    private long _ownBefore;

    /// <summary>Whether the last thing that this worker does with a socket is to take all that waits in it, because no other worker will.</summary>
    internal bool EmptiesQueue => _emptiesQueue;

    /// <summary>Completes when no connection is waited for any more, so that the server may stop.</summary>
    internal Task Drained => _drained.Task;

    internal bool IsDraining => Volatile.Read(ref _draining) != 0;

    /// <summary>How long clients pause between requests.</summary>
    internal ClientPauses Pauses { get; }

    internal void CountRequest()
    {
        long count = Interlocked.Increment(ref Entry.Requests);
        if (count >= Volatile.Read(ref _nextMark))
            OnMark(count);
    }

    internal void CountCompleted() => Interlocked.Increment(ref Entry.Completed);

    internal void OnConnectionOpened()
    {
        long open = Interlocked.Increment(ref Entry.Connections);
        long accepted = Interlocked.Increment(ref Entry.Accepted);
        if (accepted % Sample != 0)
            return;

        LookAtLives(closed: accepted + HandedInMore - open);
        LookAtShares(accepted);
    }

    /// <summary>Whether it takes clearly more of the connections that come and go than the others do.</summary>
    internal bool IsAhead => _isAhead && AreShortLived;

    private void LookAtShares(long accepted)
    {
        long own = accepted - _ownBefore;
        double others = _board.AcceptedBeside(Settings.Entry, _acceptedBefore);
        _isAhead = others > 0 && own > others * ShareSlack + ShareWindow / 8;
        if (own < ShareWindow)
            return;

        _ownBefore = accepted;
        _board.ReadAccepted(_acceptedBefore);
    }

    /// <summary>Whether connections come and go; what was seen a moment ago says nothing about the next ones.</summary>
    private bool AreShortLived => _areShortLived && Environment.TickCount64 - Volatile.Read(ref _sampledAt) < SampleTime;

    /// <summary>
    /// After every few connections, so that the first ones that are kept are seen to be: whether some were closed meanwhile. Where
    /// they come slowly it does not matter, because being polite costs nothing then.
    /// </summary>
    private void LookAtLives(long closed)
    {
        long now = Environment.TickCount64;
        _areShortLived = closed - _closedBefore >= Sample / 4 && now - _sampledAt < SampleTime;
        (_closedBefore, _sampledAt) = (closed, now);
    }

    internal void OnConnectionClosed() => Interlocked.Decrement(ref Entry.Connections);

    internal TrackedConnection Track(ConnectionContext connection, IConnectionKeeper listener)
    {
        var tracked = new TrackedConnection(connection, this, listener);
        lock (_tracking)
        {
            tracked.Next = _first;
            _first?.Previous = tracked;
            _first = tracked;
        }

        connection.ConnectionClosed.UnsafeRegister(static state => Current.Forget((TrackedConnection)state!), tracked);
        return tracked;
    }

    /// <summary>Takes no more connections, ends those that there are as they allow it, and then the application. Returns at once.</summary>
    internal void Drain()
    {
        if (Interlocked.Exchange(ref _draining, 1) != 0)
            return;

        Volatile.Write(ref _drainsSince, Environment.TickCount64);
        _ = Task.Run(DrainAsync);
    }

    /// <summary>Ends the application as its host does, without regard for what is on its way.</summary>
    internal void StopNow()
    {
        Volatile.Write(ref _draining, 1);
        _drained.TrySetResult();
        StopApplication();
    }

    private async Task DrainAsync()
    {
        long start = Stopwatch.GetTimestamp();
        bool wasAccepting = Volatile.Read(ref Entry.State) == (long)WebWorkerState.Accepting;
        List<SharedListener> listeners;
        lock (_listeners)
            listeners = [.. _listeners];

        _ = CloseQuietConnections(); // who is told now sends nothing more meanwhile
        await Task.WhenAll(listeners.Select(listener => listener.CloseAsync(wasAccepting))).ConfigureAwait(false);
        SetState(WebWorkerState.Draining);
        if (Sticky is { } sticky)
        {
            // Both before the server stops: these are connections of which it knows nothing yet.
            await sticky.Router.FlushAsync().ConfigureAwait(false);
            await sticky.CloseAsync().ConfigureAwait(false);
        }

        int limit = Settings.ShutdownLimit > 0 ? Settings.DrainLimit : Settings.DrainLimit - Math.Min(Settings.DrainLimit / 5, MostShutdownPart);
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < limit && CloseQuietConnections())
            await Task.Delay(LookInterval).ConfigureAwait(false);

        _drained.TrySetResult();
        // Web sockets and the like hear of it from the application's own lifetime.
        StopApplication();
        if (Requests is not null)
            _ = TellWhenOnlyStuckAsync();
        if (Settings.ShutdownLimit > 0)
        {
            await Task.Delay(Math.Max(0, limit - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds)).ConfigureAwait(false);
            AbortConnections();
        }
    }

    /// <summary>Their time is over, and what is left of it is the application's own shutdown's.</summary>
    private void AbortConnections()
    {
        foreach (TrackedConnection one in Connections())
            one.Abort(new ConnectionAbortedException("The worker ends, and the time for its requests is over (--drain-timeout)."));
    }

    /// <summary>A worker that nobody else ends keeps to its time by itself.</summary>
    private void EndWhenOverdue()
    {
        if (Volatile.Read(ref _drainsSince) is > 0 and var since && Environment.TickCount64 - since > (long)Settings.DrainLimit + Settings.ShutdownLimit)
            Libc.ExitNow(LaunchProtocol.OrphanExitCode);
    }

    private List<TrackedConnection> Connections()
    {
        List<TrackedConnection> all = [];
        lock (_tracking)
        {
            for (TrackedConnection? one = _first; one is not null; one = one.Next)
                all.Add(one);
        }

        return all;
    }

    /// <summary>Whether there is any connection left to wait for.</summary>
    private bool CloseQuietConnections()
    {
        bool isAnyLeft = false;
        foreach (TrackedConnection one in Connections())
        {
            one.CloseIfQuiet();
            isAnyLeft |= !one.HasOnlyStreams;
        }

        return isAnyLeft;
    }

    private void Forget(TrackedConnection connection)
    {
        OnConnectionClosed();
        lock (_tracking)
        {
            connection.Previous?.Next = connection.Next;
            connection.Next?.Previous = connection.Previous;
            if (_first == connection)
                _first = connection.Next;
        }
    }

    private void StopApplication()
    {
        if (Volatile.Read(ref _lifetime) is { } lifetime)
            lifetime.StopApplication();
        else
            Environment.Exit(0); // it has not come so far
    }
}
