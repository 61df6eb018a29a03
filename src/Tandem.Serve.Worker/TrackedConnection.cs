using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>
/// A connection that is tracked for draining, so that it is not closed while a request may be on its way. Requests find it as a feature.
/// </summary>
internal sealed class TrackedConnection : ConnectionContext
{
    /// <summary>How long a lingering close waits for the other side to close.</summary>
    private static readonly TimeSpan LingerLimit = TimeSpan.FromSeconds(1);

    /// <summary>How long a request waits for GOAWAY to be sent.</summary>
    internal static readonly TimeSpan GoAwayTime = TimeSpan.FromMilliseconds(20);

    /// <summary>If no request began or ended for this long while requests run, they count as long requests, in milliseconds.</summary>
    private const int LongRequest = 20;

    private readonly ConnectionContext _inner; // the transport's connection
    private readonly IConnectionKeeper _listener; // where the connection came from
    private readonly DrainState _drain; // whether the worker drains
    private readonly ClientPauses _pauses; // how long clients pause between requests
    private readonly TimeProvider _time; // the worker's clock
    private readonly LingeringPipe _pipe; // the transport that the server sees
    private int _requests; // requests in progress
    private int _streams; // of these, requests that may last forever by their nature
    private int _stuck; // of these, requests that were aborted and still run
    private long _lastActivity; // when a request last began or ended, in milliseconds of the clock
    private long _longestPause = ClientPauses.Unknown; // the client's longest pause between two requests, in milliseconds
    private bool _hasServed; // whether it has had a request
    private bool _isMultiplexed; // whether it uses HTTP/2
    private bool _isToldToClose; // whether the server was told to close it
    private volatile bool _lingers; // see Lingers
    private volatile bool _isHeld; // whether the connection may be passed to the server again: see TryServeAgain

    internal TrackedConnection(
        ConnectionContext inner, DrainState drain, ClientPauses pauses, IConnectionKeeper listener, TimeProvider time)
    {
        _inner = inner;
        _listener = listener;
        _drain = drain;
        _pauses = pauses;
        _time = time;
        _lastActivity = time.GetMilliseconds();
        _pipe = new LingeringPipe(inner.Transport, this);
        inner.Transport = _pipe;
        inner.Features.Set(this);
    }

    /// <summary>
    /// Whether draining need not wait for this connection: all of its requests may last forever by their nature (a web socket, or
    /// server-sent events), or were aborted and still run.
    /// </summary>
    internal bool HasOnlyStreams =>
        Volatile.Read(ref _streams) + Volatile.Read(ref _stuck) is > 0 and var endless && Volatile.Read(ref _requests) <= endless;

    /// <summary>Whether only requests are left on it that were aborted and still run.</summary>
    internal bool HasOnlyStuck => Volatile.Read(ref _requests) <= Volatile.Read(ref _stuck);

    /// <summary>
    /// Whether the other side should close first, which it was told to. If this side closed first while data is on its way here, the kernel
    /// would answer with a reset, and the other side could lose the last response, or the information up to which point its requests were
    /// handled.
    /// </summary>
    internal bool Lingers => _lingers;

    /// <summary>Whether the server must not close its pipe.</summary>
    internal bool IsHeld => _lingers || _isHeld;

    // The neighbours in the worker's list of connections.
    internal TrackedConnection? Previous { get; set; }

    internal TrackedConnection? Next { get; set; }

    public override string ConnectionId
    {
        get => _inner.ConnectionId;
        set => _inner.ConnectionId = value;
    }

    public override IFeatureCollection Features => _inner.Features;

    public override IDictionary<object, object?> Items
    {
        get => _inner.Items;
        set => _inner.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _inner.Transport;
        set => _inner.Transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _inner.ConnectionClosed;
        set => _inner.ConnectionClosed = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _inner.LocalEndPoint;
        set => _inner.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _inner.RemoteEndPoint;
        set => _inner.RemoteEndPoint = value;
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _lingers = false;
        _isHeld = false;
        _inner.Abort(abortReason);
    }

    public override async ValueTask DisposeAsync()
    {
        if (TryServeAgain())
            return;

        if (_lingers)
            await _pipe.WaitForOtherAsync(LingerLimit).ConfigureAwait(false);

        await _inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <returns>Whether the request may last forever by its nature. Pass this value to <see cref="EndRequest"/>.</returns>
    internal bool BeginRequest(HttpContext context)
    {
        bool isFirst = Interlocked.Increment(ref _requests) == 1;
        long now = _time.GetMilliseconds();
        if (isFirst && _hasServed && now - _lastActivity is var pause && pause > _longestPause)
        {
            _longestPause = pause;
            _pauses.Note(pause);
        }

        (_hasServed, _lastActivity) = (true, now);
        _isHeld = false; // the request arrived before the server had finished with the connection
        HttpRequest request = context.Request;
        bool isFirstVersion = !IsHttp2(request.Protocol);
        _isMultiplexed |= !isFirstVersion;
        bool isStream = (isFirstVersion && request.Headers.Upgrade is [{ } upgrade]
                && upgrade.Equals("websocket", StringComparison.OrdinalIgnoreCase))
            || (request.Headers.Accept is [{ } accept] && accept.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
            || (!isFirstVersion && HttpMethods.IsConnect(request.Method));
        if (isStream)
            Interlocked.Increment(ref _streams);

        if (isFirstVersion && _drain.IsDraining && !isStream && !HasMore(request))
        {
            context.Response.Headers.Connection = "close";
            _lingers = !ExpectsClose(request);
        }

        return isStream;
    }

    /// <summary>
    /// While the worker drains: sends GOAWAY while a request runs. That request must wait for it, because the server sends it on another
    /// thread.
    /// </summary>
    /// <returns>Whether this request must wait, for <see cref="GoAwayTime"/>.</returns>
    internal bool MustWaitForGoAway()
    {
        if (!_isMultiplexed || !_drain.IsDraining || _isToldToClose)
            return false;

        SendGoAway();
        return true;
    }

    internal void EndRequest(bool isStream)
    {
        _lastActivity = _time.GetMilliseconds();
        if (isStream)
            Interlocked.Decrement(ref _streams);
        Interlocked.Decrement(ref _requests);
    }

    /// <summary>Called when an aborted request still runs: draining no longer waits for it.</summary>
    internal void MarkStuck(bool isStream)
    {
        Interlocked.Increment(ref _stuck);
        if (isStream)
            Interlocked.Decrement(ref _streams);
    }

    /// <summary>Called when such a request has ended after all.</summary>
    internal void UnmarkStuck(bool isStream)
    {
        if (isStream)
            Interlocked.Increment(ref _streams);
        Interlocked.Decrement(ref _stuck);
    }

    /// <summary>While the worker drains: closes the connection as soon as no request can be lost.</summary>
    internal void CloseIfQuiet()
    {
        if (_isToldToClose)
            return;

        long silence = _time.GetMilliseconds() - Volatile.Read(ref _lastActivity);
        if (Volatile.Read(ref _requests) > 0)
        {
            // If requests begin and end frequently, the next one sends it: see MustWaitForGoAway.
            if (_isMultiplexed && silence >= LongRequest)
                SendGoAway();
            return;
        }

        // If this side closes while a request is on its way, that request is lost. So it closes when the client is least likely to send.
        // With HTTP/2 the client knows that the request was not handled, but clients do not resend streamed bodies, such as those of
        // streaming gRPC calls.
        if (silence < _pauses.SilenceBeforeClosing(Volatile.Read(ref _longestPause)))
            return;

        // A request that has already arrived is served, and its response says that it is the last one.
        if (HasUnread())
            return;

        if (_isMultiplexed)
        {
            SendGoAway();
            return;
        }

        _isToldToClose = true;
        // TLS state is in objects that end with the server's connection, and a connection without a request may use HTTP/2: both cannot be
        // served again.
        _isHeld = _hasServed && Features.Get<ITlsConnectionFeature>() is null;
        Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
    }

    /// <summary>
    /// Makes the server send GOAWAY. While a request runs, GOAWAY asks the client to send no more requests, and those on their way are
    /// served. If none runs, the connection ends at once, and requests on their way are refused.
    /// </summary>
    private void SendGoAway()
    {
        _isToldToClose = true;
        _lingers = true;
        Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
    }

    /// <summary>
    /// Called when the server has finished with a connection that was told to close while it was quiet. If a request has arrived since
    /// then, the connection is passed to the server again, like a new one.
    /// </summary>
    /// <returns>Whether the connection continues.</returns>
    private bool TryServeAgain()
    {
        if (!_isHeld || !(_pipe.HasUnread() || HasUnread()))
            return false;

        _isHeld = false;
        _isToldToClose = false;
        Volatile.Write(ref _lastActivity, _time.GetMilliseconds());
        return _listener.TryServeAgain(this);
    }

    /// <summary>Whether unread data is in the socket.</summary>
    private bool HasUnread()
    {
        try
        {
            return Features.Get<IConnectionSocketFeature>()?.Socket.Available > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // the client is gone
        }
    }

    /// <summary>
    /// Whether the client has already sent its next request (pipelining). That one is answered too, and the connection is closed after the
    /// last request that has arrived.
    /// </summary>
    private static bool HasMore(HttpRequest request)
    {
        // While the request has a body, the server reads from the pipe.
        if (request.ContentLength > 0
            || request.Headers.TransferEncoding.Count > 0
            || request.HttpContext.Features.Get<IConnectionTransportFeature>()?.Transport.Input is not { } input)
        {
            return false;
        }

        if (!input.TryRead(out ReadResult result))
            return false;

        bool hasMore = !result.Buffer.IsEmpty;
        input.AdvanceTo(result.Buffer.Start);
        return hasMore;
    }

    /// <summary>
    /// Whether the client sends nothing more and may be waiting for this side to close: it asked for the close, or it uses HTTP/1.0, where
    /// the close can mark the end of the response. A lingering close would delay such a client.
    /// </summary>
    private static bool ExpectsClose(HttpRequest request)
    {
        if (HttpProtocol.IsHttp10(request.Protocol))
            return true;

        foreach (string? header in request.Headers.Connection)
        {
            foreach (string word in (header ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (word.Equals("close", StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }

    private static bool IsHttp2(string protocol) => ReferenceEquals(protocol, HttpProtocol.Http2) || HttpProtocol.IsHttp2(protocol);
}
