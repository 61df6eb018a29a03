using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// Looks at each request: gives clients the cookie by which their next connections come to this worker, and forwards what has come although
/// it is another worker's.
/// </summary>
internal sealed class StickyRequests(ServedWorker worker, StickyRouting routing, RequestForwarder forwarder)
{
    internal RequestDelegate Route(RequestDelegate next) => context =>
    {
        bool hasCookie = TryFind(context.Request.Headers.Cookie, out StickyCookie cookie);
        if (hasCookie && cookie.Worker == routing.Id)
            return next(context);

        long owner = hasCookie ? routing.OwnerOf(cookie) : routing.Id;
        bool isForwarded = hasCookie && context.Features.Get<ForwardedMark>() is not null;
        if (owner != routing.Id && owner != 0 && !isForwarded)
            return RequestForwarder.CanForward(context.Request) ? ForwardAsync(context, owner, next) : next(context);

        // A client of another worker that is served here all the same keeps its own.
        if (owner == routing.Id && !worker.IsDraining)
            GiveCookie(context, new StickyCookie(routing.Id, hasCookie ? cookie.Client : Random.Shared.NextInt64()));

        return next(context);
    };

    private async Task ForwardAsync(HttpContext context, long owner, RequestDelegate next)
    {
        if (!await forwarder.TryForwardAsync(context, owner).ConfigureAwait(false))
            await next(context).ConfigureAwait(false);
    }

    /// <summary>At the last moment, so that what clears an answer does not take it away.</summary>
    private static void GiveCookie(HttpContext context, StickyCookie cookie) => context.Response.OnStarting(
        static state =>
        {
            (HttpContext context, StickyCookie cookie) = ((HttpContext, StickyCookie))state;
            context.Response.Headers.Append(
                "Set-Cookie", $"{StickyCookie.Name}={cookie}; path=/; {(context.Request.IsHttps ? "secure; " : "")}samesite=lax; httponly");
            return Task.CompletedTask;
        },
        (context, cookie));

    /// <summary>The first valid one among the cookies of a request.</summary>
    private static bool TryFind(StringValues headers, out StickyCookie cookie)
    {
        foreach (string? header in headers)
        {
            if (header is null || !header.Contains(StickyCookie.Name, StringComparison.Ordinal))
                continue;

            // Whatever is no ASCII becomes a question mark, which no value of ours has in it.
            if (StickyCookie.TryFind(Encoding.ASCII.GetBytes(header), out cookie))
                return true;
        }

        cookie = default;
        return false;
    }
}
