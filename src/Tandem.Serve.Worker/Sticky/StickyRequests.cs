using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>
/// Routes each request: gives clients the cookie that routes their next connections to this worker, and forwards requests that belong to
/// another worker.
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

        // A client of another worker keeps its cookie, even if it is served here.
        if (owner == routing.Id && !worker.DrainState.IsDraining)
            GiveCookie(context, new StickyCookie(routing.Id, hasCookie ? cookie.Client : routing.NewClient()));

        return next(context);
    };

    private async Task ForwardAsync(HttpContext context, long owner, RequestDelegate next)
    {
        if (!await forwarder.TryForwardAsync(context, owner).ConfigureAwait(false))
            await next(context).ConfigureAwait(false);
    }

    /// <summary>Adds the cookie when the response starts, so that code which clears the response does not remove it.</summary>
    private static void GiveCookie(HttpContext context, StickyCookie cookie) => context.Response.OnStarting(
        static state =>
        {
            (HttpContext context, StickyCookie cookie) = ((HttpContext, StickyCookie))state;
            context.Response.Headers.Append(
                "Set-Cookie", $"{StickyCookie.Name}={cookie}; path=/; {(context.Request.IsHttps ? "secure; " : "")}samesite=lax; httponly");
            return Task.CompletedTask;
        },
        (context, cookie));

    /// <summary>Finds the first valid cookie of a request.</summary>
    private static bool TryFind(StringValues headers, out StickyCookie cookie)
    {
        foreach (string? header in headers)
        {
            if (header is null || !header.Contains(StickyCookie.Name, StringComparison.Ordinal))
                continue;

            // Characters outside of ASCII become question marks, which never occur in this cookie.
            if (StickyCookie.TryFind(Encoding.ASCII.GetBytes(header), out cookie))
                return true;
        }

        cookie = default;
        return false;
    }
}
