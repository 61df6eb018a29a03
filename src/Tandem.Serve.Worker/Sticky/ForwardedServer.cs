using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>The application's server, and a second one, which only other workers can reach, for the requests that they forward.</summary>
internal sealed class ForwardedServer(IServer inner, IServiceProvider services, StickyRouting routing) : IServer
{
    /// <summary>The maximum size of the header that other workers add.</summary>
    private const int MaxOwnHeader = 16 * 1024;

    /// <summary>
    /// The minimum response buffer. The other worker reads no response before it has sent the whole request, so an application that
    /// responds while it reads must not block by then.
    /// </summary>
    private const int MinResponseBuffer = 1 << 20;

    private KestrelServer? _own; // the second server

    public IFeatureCollection Features => inner.Features;

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        _own = new KestrelServer(
            Options.Create(CreateOptions()), new PeerListenerFactory(routing.Listener), services.GetRequiredService<ILoggerFactory>());
        await _own.StartAsync(new ForwardedApplication<TContext>(application), cancellationToken).ConfigureAwait(false);
        await inner.StartAsync(application, cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(inner.StopAsync(cancellationToken), _own?.StopAsync(cancellationToken) ?? Task.CompletedTask)
            .ConfigureAwait(false);

    public void Dispose()
    {
        inner.Dispose();
        _own?.Dispose();
    }

    /// <summary>
    /// The application's options, except for limits on the client's speed: these are enforced by the worker that has the client's
    /// connection.
    /// </summary>
    private KestrelServerOptions CreateOptions()
    {
        KestrelServerOptions own = services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;
        var options = new KestrelServerOptions
        {
            ApplicationServices = services,
            AddServerHeader = own.AddServerHeader,
            AllowSynchronousIO = own.AllowSynchronousIO,
            DisableStringReuse = own.DisableStringReuse,
            RequestHeaderEncodingSelector = own.RequestHeaderEncodingSelector,
            ResponseHeaderEncodingSelector = own.ResponseHeaderEncodingSelector,
            Limits =
            {
                MaxRequestBodySize = own.Limits.MaxRequestBodySize,
                MaxRequestBufferSize = own.Limits.MaxRequestBufferSize,
                MaxResponseBufferSize = own.Limits.MaxResponseBufferSize is { } most ? Math.Max(most, MinResponseBuffer) : null,
                MaxRequestLineSize = own.Limits.MaxRequestLineSize,
                MaxRequestHeaderCount = own.Limits.MaxRequestHeaderCount + 1,
                MaxRequestHeadersTotalSize = own.Limits.MaxRequestHeadersTotalSize + MaxOwnHeader,
                MinRequestBodyDataRate = null,
                MinResponseDataRate = null,
            },
        };
        // Request heads of HTTP/2 may be larger than HTTP/1 accepts by default.
        if (options.Limits.MaxRequestBufferSize is { } buffer
            && buffer < options.Limits.MaxRequestHeadersTotalSize + options.Limits.MaxRequestLineSize)
        {
            options.Limits.MaxRequestBufferSize = options.Limits.MaxRequestHeadersTotalSize + options.Limits.MaxRequestLineSize;
        }

        options.Listen(routing.Listener.EndPoint, static listen => listen.Protocols = HttpProtocols.Http1);
        return options;
    }
}
