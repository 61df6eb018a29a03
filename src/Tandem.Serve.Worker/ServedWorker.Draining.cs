using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Tandem.Interop;
using Tandem.Launch;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <content>
/// Counting connections, and draining without losing a request. Kestrel's own stop closes every connection that has no request at that
/// moment, even if a request is already in the socket. So the worker first stops accepting. Then each HTTP/1 response says that it is the
/// last one on its connection, and HTTP/2 sends GOAWAY while a request runs. A connection is closed only when it has been silent for longer
/// than its client usually pauses.
/// </content>
internal sealed partial class ServedWorker
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>After this many accepted connections, the worker checks whether clients keep their connections.</summary>
    private const int Sample = 8;

    /// <summary>The time within which these connections must have arrived, in milliseconds.</summary>
    private const int SampleTime = 100;

    private readonly Lock _tracking = new(); // guards the list of connections
    private TrackedConnection? _first; // the head of the list of connections
    // completes when the server may stop
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _draining; // 1 after the worker began to drain
    private long _drainsSince; // when it began, in milliseconds of the monotonic clock; 0 before

    /// <summary>
    /// The maximum part of the drain limit that is reserved for the application's own shutdown, if it has no separate limit, in
    /// milliseconds. It is a fifth of the drain limit, but no more than this.
    /// </summary>
    private const int MaxShutdownPart = 1000;

    /// <summary>
    /// After accepting this many connections, the worker compares the workers' shares from zero again. It is more than a worker accepts
    /// within one time slice.
    /// </summary>
    private const int ShareWindow = 512;

    /// <summary>A worker is ahead if it accepted more than this many times the others' average, plus an eighth of the window.</summary>
    private const double ShareSlack = 1.2;

    private readonly long[] _acceptedBefore = new long[Board.Capacity]; // the counts of all workers at the start of the window
    private volatile bool _isAhead; // whether this worker accepted clearly more than the others

    private volatile bool _emptiesQueue; // see EmptiesQueue
    private volatile bool _areShortLived; // whether connections were short-lived at the last check
    private long _closedBefore; // this and the next are written by the accepting threads; if two of them cross, either value is good enough
    private long _sampledAt;
    private long _ownBefore; // this worker's count at the start of the window

    /// <summary>
    /// Whether the worker accepts all connections that wait in a socket before it closes the socket, because no other worker will.
    /// </summary>
    internal bool EmptiesQueue => _emptiesQueue;

    /// <summary>Completes when the worker waits for no more connections, so that the server may stop.</summary>
    internal Task Drained => _drained.Task;

    internal bool IsDraining => Volatile.Read(ref _draining) != 0;

    /// <summary>The observed pauses of clients between requests.</summary>
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

        CheckLifetimes(closed: accepted + HandedInMore - open);
        CheckShares(accepted);
    }

    /// <summary>Whether connections are short-lived and this worker accepts clearly more of them than the others do.</summary>
    internal bool IsAhead => _isAhead && AreShortLived;

    private void CheckShares(long accepted)
    {
        long own = accepted - _ownBefore;
        double others = _board.AcceptedBeside(Settings.Entry, _acceptedBefore);
        _isAhead = others > 0 && own > others * ShareSlack + ShareWindow / 8;
        if (own < ShareWindow)
            return;

        _ownBefore = accepted;
        _board.ReadAccepted(_acceptedBefore);
    }

    /// <summary>Whether connections are short-lived. An old observation says nothing about the next connections.</summary>
    private bool AreShortLived => _areShortLived && Environment.TickCount64 - Volatile.Read(ref _sampledAt) < SampleTime;

    /// <summary>
    /// Called after every few connections, so that the first kept connections are noticed: checks whether some connections were closed
    /// meanwhile. If connections arrive slowly, the result does not matter, because waiting for other workers then costs nothing.
    /// </summary>
    private void CheckLifetimes(long closed)
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

    /// <summary>
    /// Drains: stops accepting, closes the connections when no request can be lost, and then stops the application. Returns at once.
    /// </summary>
    internal void Drain()
    {
        if (Interlocked.Exchange(ref _draining, 1) != 0)
            return;

        Volatile.Write(ref _drainsSince, Environment.TickCount64);
        _ = Task.Run(DrainAsync);
    }

    /// <summary>Stops the application as its host does, without waiting for requests.</summary>
    internal void StopNow()
    {
        Volatile.Write(ref _draining, 1);
        _drained.TrySetResult();
        StopApplication();
    }

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The clock of the server is not replaceable yet.")]
    private async Task DrainAsync()
    {
        long start = Stopwatch.GetTimestamp();
        bool wasAccepting = Volatile.Read(ref Entry.State) == (long)WebWorkerState.Accepting;
        List<SharedListener> listeners;
        lock (_listeners)
            listeners = [.. _listeners];

        _ = CloseQuietConnections(); // so that these clients send nothing more meanwhile
        await Task.WhenAll(listeners.Select(listener => listener.CloseAsync(wasAccepting))).ConfigureAwait(false);
        SetState(WebWorkerState.Draining);
        if (Sticky is { } sticky)
        {
            // Both before the server stops, because the server does not know these connections yet.
            await sticky.Router.FlushAsync().ConfigureAwait(false);
            await sticky.CloseAsync().ConfigureAwait(false);
        }

        int shutdown = Settings.ShutdownLimit > 0 ? 0 : Math.Min(Settings.DrainLimit / 5, MaxShutdownPart);
        int limit = Settings.DrainLimit - shutdown;
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < limit && CloseQuietConnections())
            await Task.Delay(PollInterval).ConfigureAwait(false);

        _drained.TrySetResult();
        // Web sockets and similar streams learn about it from the application's own lifetime.
        StopApplication();
        if (Requests is not null)
            _ = ReportWhenOnlyStuckAsync();
        await Task.Delay(Math.Max(0, limit + shutdown / 2 - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds)).ConfigureAwait(false);
        AbortConnections();
    }

    /// <summary>
    /// Aborts all connections. Their time is over, and the rest is for the application's own shutdown: the server waits for its
    /// connections, and hosted services that started before it are stopped only after it.
    /// </summary>
    private void AbortConnections()
    {
        foreach (TrackedConnection one in Connections())
            one.Abort(new ConnectionAbortedException("The worker is shutting down, and the time for its requests is over (--drain-timeout)."));
    }

    /// <summary>Exits when the drain limit is over: a worker without a supervisor must enforce the limit itself.</summary>
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

    /// <summary>Closes the connections that are quiet; returns whether any connection is left to wait for.</summary>
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
            Environment.Exit(0); // there is no host yet
    }
}
