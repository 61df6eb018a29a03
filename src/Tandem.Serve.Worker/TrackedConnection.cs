using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Tandem.Serve.Worker;

/// <summary>
/// A connection, for draining: it is not closed as long as something may be on its way. Found by requests as a feature of theirs.
/// </summary>
internal sealed class TrackedConnection : ConnectionContext
{
    /// <summary>How long the other side is waited for that was told to close.</summary>
    private static readonly TimeSpan LingerLimit = TimeSpan.FromSeconds(1);

    private readonly ConnectionContext _inner;
    private readonly IConnectionKeeper _listener;
    private readonly ServedWorker _worker;
    private readonly LingeringPipe _pipe;
    private int _requests;
    private int _streams; // of the requests, those that may go on for ever
    private int _givenUp; // and those that did not end when they were told to
    private long _lastActivity = Environment.TickCount64;
    private long _longestPause = ClientPauses.Unknown; // between two requests, in milliseconds
    private bool _hasServed;
    private bool _isMultiplexed;
    private bool _isToldToClose;
    private volatile bool _lingers;
    private volatile bool _isHeld;

    internal TrackedConnection(ConnectionContext inner, ServedWorker worker, IConnectionKeeper listener)
    {
        _inner = inner;
        _listener = listener;
        _worker = worker;
        _pipe = new LingeringPipe(inner.Transport, this);
        inner.Transport = _pipe;
        inner.Features.Set(this);
    }

    /// <summary>Whether nothing on it is worth waiting for: it may go on for ever by its nature (a web socket, or events of a server), or does not end when it is told to.</summary>
    internal bool HasOnlyStreams => Volatile.Read(ref _streams) + Volatile.Read(ref _givenUp) is > 0 and var endless && Volatile.Read(ref _requests) <= endless;

    /// <summary>Whether nothing is left on it but requests that did not end when they were told to.</summary>
    internal bool HasOnlyGivenUp => Volatile.Read(ref _requests) <= Volatile.Read(ref _givenUp);

    /// <summary>
    /// Whether the other side closes, which it was told to: if this side did it first, while something is on its way here, the kernel
    /// would answer with a reset, and the other side could lose the last answer, or the word up to where its requests were heard.
    /// </summary>
    internal bool Lingers => _lingers;

    /// <summary>Whether its pipe is not the server's to close.</summary>
    internal bool IsHeld => _lingers || _isHeld;

    // Neighbours in the worker's list of connections.
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

    /// <returns>Whether it may go on for ever by its nature, which <see cref="EndRequest"/> is to be told.</returns>
    internal bool BeginRequest(HttpContext context)
    {
        bool isFirst = Interlocked.Increment(ref _requests) == 1;
        long now = Environment.TickCount64;
        if (isFirst && _hasServed && now - _lastActivity is var pause && pause > _longestPause)
        {
            _longestPause = pause;
            _worker.Pauses.Note(pause);
        }

        (_hasServed, _lastActivity) = (true, now);
        _isHeld = false; // it came before the server was done with the connection
        HttpRequest request = context.Request;
        bool isFirstVersion = !IsHttp2(request.Protocol);
        _isMultiplexed |= !isFirstVersion;
        bool isStream = (isFirstVersion && request.Headers.Upgrade is [{ } upgrade] && upgrade.Equals("websocket", StringComparison.OrdinalIgnoreCase))
            || (request.Headers.Accept is [{ } accept] && accept.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
            || (!isFirstVersion && HttpMethods.IsConnect(request.Method));
        if (isStream)
            Interlocked.Increment(ref _streams);

        if (isFirstVersion && _worker.IsDraining && !isStream && !HasMore(request))
        {
            context.Response.Headers.Connection = "close";
            _lingers = !ExpectsClose(request);
        }

        return isStream;
    }

    internal void EndRequest(bool isStream)
    {
        _lastActivity = Environment.TickCount64;
        if (isStream)
            Interlocked.Decrement(ref _streams);
        Interlocked.Decrement(ref _requests);
    }

    /// <summary>A request does not end although it was told to: nobody waits for it any more.</summary>
    internal void GiveUpRequest(bool isStream)
    {
        Interlocked.Increment(ref _givenUp);
        if (isStream)
            Interlocked.Decrement(ref _streams);
    }

    /// <summary>It does after all.</summary>
    internal void TakeBackRequest(bool isStream)
    {
        if (isStream)
            Interlocked.Increment(ref _streams);
        Interlocked.Decrement(ref _givenUp);
    }

    /// <summary>While the worker drains: closes the connection as soon as that loses nothing.</summary>
    internal void CloseIfQuiet()
    {
        if (_isToldToClose)
            return;

        if (_isMultiplexed)
        {
            // HTTP/2 has words for it: what is on its way is refused unprocessed, and the client knows that.
            _isToldToClose = true;
            _lingers = true;
            Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            return;
        }

        // HTTP/1 has none: who closes while a request is on its way loses it. So this side closes when the client is least likely to send.
        long silence = Environment.TickCount64 - Volatile.Read(ref _lastActivity);
        if (Volatile.Read(ref _requests) > 0 || silence < _worker.Pauses.SilenceBeforeClosing(Volatile.Read(ref _longestPause)))
            return;

        // A request that has come already is served, and its answer says that it is the last one.
        if (HasUnread())
            return;

        _isToldToClose = true;
        // What TLS has of it lies in objects that end with the server's; and what has had no request may speak HTTP/2.
        _isHeld = _hasServed && Features.Get<ITlsConnectionFeature>() is null;
        Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
    }

    /// <summary>
    /// The server is done with a connection that was quiet when it was told so. Where a request has come since then, the connection goes to the
    /// server once more, as if it were another one.
    /// </summary>
    /// <returns>Whether it lives on.</returns>
    private bool TryServeAgain()
    {
        if (!_isHeld || !(_pipe.HasUnread() || HasUnread()))
            return false;

        _isHeld = false;
        _isToldToClose = false;
        Volatile.Write(ref _lastActivity, Environment.TickCount64);
        return _listener.TryServeAgain(this);
    }

    /// <summary>Whether something lies in the socket.</summary>
    private bool HasUnread()
    {
        try
        {
            return Features.Get<IConnectionSocketFeature>()?.Socket.Available > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // the client has gone
        }
    }

    /// <summary>
    /// Whether the client has sent the next request already (pipelining): it is answered too, and the connection closed after the
    /// last one that is there.
    /// </summary>
    private static bool HasMore(HttpRequest request)
    {
        // Somebody else reads from the pipe while a body is due.
        if (request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0 || request.HttpContext.Features.Get<IConnectionTransportFeature>()?.Transport.Input is not { } input)
            return false;

        if (!input.TryRead(out ReadResult result))
            return false;

        bool hasMore = !result.Buffer.IsEmpty;
        input.AdvanceTo(result.Buffer.Start);
        return hasMore;
    }

    /// <summary>
    /// Whether the client sends nothing more and may wait for this side's close: it asked for it, or speaks HTTP/1.0, where the close can be what ends
    /// the answer. To wait for such a client would hold it up.
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
