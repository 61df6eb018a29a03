using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Tandem.Serve.Worker;

/// <summary>
/// A connection, for draining: it is not closed as long as something may be on its way. Found by requests as a feature of theirs.
/// </summary>
internal sealed class TrackedConnection(ConnectionContext connection, ServedWorker worker)
{
    private int _requests;
    private long _lastActivity = Environment.TickCount64;
    private bool _isMultiplexed;
    private bool _isToldToClose;

    /// <summary>Whether what runs on it may go on for ever by its nature: a web socket, or events of a server.</summary>
    internal bool IsStream { get; private set; }

    // Neighbours in the worker's list of connections.
    internal TrackedConnection? Previous { get; set; }

    internal TrackedConnection? Next { get; set; }

    internal void BeginRequest(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        _lastActivity = Environment.TickCount64;
        HttpRequest request = context.Request;
        bool isFirstVersion = !HttpProtocol.IsHttp2(request.Protocol);
        _isMultiplexed |= !isFirstVersion;
        IsStream = (isFirstVersion && request.Headers.Upgrade.Count > 0)
            || (request.Headers.Accept is [{ } accept] && accept.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase))
            || (!isFirstVersion && HttpMethods.IsConnect(request.Method));
        if (isFirstVersion && worker.IsDraining && !IsStream && !HasMore(request))
            context.Response.Headers.Connection = "close";
    }

    internal void EndRequest()
    {
        _lastActivity = Environment.TickCount64;
        Interlocked.Decrement(ref _requests);
    }

    /// <summary>While the worker drains: closes the connection as soon as that loses nothing.</summary>
    /// <param name="silence">How long a connection of HTTP/1 must have been silent, in milliseconds: a request may be on its way.</param>
    internal void CloseIfQuiet(long silence)
    {
        if (_isToldToClose)
            return;

        // HTTP/2 has words for it: what is on its way is refused unprocessed, and the client knows that.
        bool isQuiet = _isMultiplexed
            || (Volatile.Read(ref _requests) == 0 && Environment.TickCount64 - Volatile.Read(ref _lastActivity) >= silence);
        if (!isQuiet)
            return;

        _isToldToClose = true;
        connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
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

    private static class HttpProtocol
    {
        internal static bool IsHttp2(string protocol) => ReferenceEquals(protocol, Microsoft.AspNetCore.Http.HttpProtocol.Http2) || protocol == "HTTP/2";
    }
}
