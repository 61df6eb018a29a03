using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Primitives;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// Forwards a request to the worker that its client belongs to, if the connection could not be handed over: because it uses TLS or HTTP/2,
/// or because a proxy uses it for several clients.
/// </summary>
internal sealed class RequestForwarder(ServedWorker worker, PeerClients clients, KestrelServerOptions options)
{
    private const string WebSocket = "websocket";

    /// <summary>Headers that concern a single connection, and headers that the server adds itself.</summary>
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE",
        "Trailer", "HTTP2-Settings", "Expect", ForwardedClient.Header,
    };

    /// <summary>Whether a request can be forwarded. gRPC requests cannot, because they need HTTP/2 from end to end.</summary>
    internal static bool CanForward(HttpRequest request) =>
        request.ContentType is not { } type
        || !type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
        || type.StartsWith("application/grpc-web", StringComparison.OrdinalIgnoreCase);

    /// <summary>Forwards a request to another worker, and copies its response.</summary>
    /// <returns>False if the request was not forwarded and can be served here instead.</returns>
    internal async Task<bool> TryForwardAsync(HttpContext context, long owner)
    {
        var upgrade = context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } first ? first : null;
        var connect = context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } second ? second : null;
        if (connect is not null && !string.Equals(connect.Protocol, WebSocket, StringComparison.OrdinalIgnoreCase))
            return false;

        var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
        long? most = limit?.MaxRequestBodySize;
        using HttpRequestMessage request = CreateRequest(context, upgrade is not null, connect is not null, out ForwardedBody? body);
        HttpResponseMessage response;
        try
        {
            response = await clients.Of(owner, options).SendAsync(request, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            return true; // the client is gone
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            if (body is { HasBegun: true }
                || (e.GetBaseException() is not PeerGoneException
                    && !HttpMethods.IsGet(context.Request.Method)
                    && !HttpMethods.IsHead(context.Request.Method)))
            {
                // The other worker exited with the request, and may or may not have served it.
                context.Response.StatusCode = StatusCodes.Status502BadGateway;
                return true;
            }

            if (limit is { IsReadOnly: false })
                limit.MaxRequestBodySize = most;
            return false;
        }

        using (response)
        {
            worker.Own.CountForwarded();
            await RespondAsync(context, response, upgrade, connect).ConfigureAwait(false);
        }

        return true;
    }

    private static HttpRequestMessage CreateRequest(HttpContext context, bool isUpgrade, bool isConnect, out ForwardedBody? body)
    {
        HttpRequest request = context.Request;
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget is ['/', ..] raw && !isConnect
            ? raw
            : request.GetEncodedPathAndQuery();
        var message = new HttpRequestMessage(
            isConnect ? HttpMethod.Get : HttpMethod.Parse(request.Method),
            new Uri($"http://tandem{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        body = null;
        if (!isUpgrade && !isConnect && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            // The other worker enforces the maximum size.
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = null;
            message.Content = body = new ForwardedBody(request.Body);
            // so that a request can be refused before its body is read, without breaking the connection
            message.Headers.ExpectContinue = true;
        }

        foreach ((string name, StringValues values) in request.Headers)
        {
            if (name is [':', ..] || NotForwarded.Contains(name))
                continue;

            // HTTP/2 may have several cookie fields, between which the client would put commas.
            IEnumerable<string?> all = name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) && values.Count > 1
                ? [string.Join("; ", (IEnumerable<string?>)values)]
                : values;
            if (message.Headers.TryAddWithoutValidation(name, all!) || isUpgrade || isConnect)
                continue;

            message.Content ??= new ByteArrayContent([]);
            message.Content.Headers.TryAddWithoutValidation(name, all!);
        }

        message.Headers.TryAddWithoutValidation(ForwardedClient.Header, ForwardedClient.Write(context));
        if (isUpgrade || isConnect)
        {
            message.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            message.Headers.TryAddWithoutValidation("Upgrade", isConnect ? WebSocket : (string?)request.Headers.Upgrade);
        }

        if (isConnect)
            message.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", Convert.ToBase64String(Guid.NewGuid().ToByteArray()));

        return message;
    }

    private async Task RespondAsync(
        HttpContext context, HttpResponseMessage response, IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect)
    {
        bool isSwitched = response.StatusCode == System.Net.HttpStatusCode.SwitchingProtocols;
        context.Response.StatusCode = isSwitched && connect is not null ? StatusCodes.Status200OK : (int)response.StatusCode;
        if (!isSwitched && context.Features.Get<IHttpResponseFeature>() is { } feature)
            feature.ReasonPhrase = response.ReasonPhrase;

        Copy(response.Headers.NonValidated, context.Response.Headers);
        Copy(response.Content.Headers.NonValidated, context.Response.Headers);
        if (isSwitched && connect is not null)
            context.Response.Headers.Remove("Sec-WebSocket-Accept");
        else if (isSwitched && response.Headers.NonValidated.TryGetValues("Upgrade", out var protocol))
            context.Response.Headers.Upgrade = protocol.ToString();

        try
        {
            Stream content = await response.Content.ReadAsStreamAsync(context.RequestAborted).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                if (isSwitched)
                    await ExchangeAsync(context, content, upgrade, connect).ConfigureAwait(false);
                else
                    await StreamCopy.CopyAsync(content, context.Response.Body, context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            context.Abort(); // one side is gone, and the response cannot be completed
        }
    }

    private static void Copy(System.Net.Http.Headers.HttpHeadersNonValidated from, IHeaderDictionary to)
    {
        foreach ((string name, System.Net.Http.Headers.HeaderStringValues values) in from)
        {
            if (!NotForwarded.Contains(name))
                to[name] = new StringValues([.. values]);
        }
    }

    /// <summary>Copies in both directions until one of them ends, or this worker stops.</summary>
    private async Task ExchangeAsync(HttpContext context, Stream peer, IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect)
    {
        Stream client = connect is not null
            ? await connect.AcceptAsync().ConfigureAwait(false)
            : await upgrade!.UpgradeAsync().ConfigureAwait(false);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, worker.Stopping);
        Task toClient = StreamCopy.CopyAsync(peer, client, end.Token);
        Task toPeer = StreamCopy.CopyAsync(client, peer, end.Token);
        await Task.WhenAny(toClient, toPeer).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(toClient, toPeer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
