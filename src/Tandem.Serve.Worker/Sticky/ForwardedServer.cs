using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Tandem.Serve.Worker.Sticky;

/// <summary>The application's server, and beside it one that only other workers can reach, for the requests that they forward.</summary>
internal sealed class ForwardedServer(IServer inner, IServiceProvider services, StickyRouting routing) : IServer
{
    /// <summary>What the header that other workers add may take.</summary>
    private const int MostOwnHeader = 16 * 1024;

    private KestrelServer? _own;

    public IFeatureCollection Features => inner.Features;

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        _own = new KestrelServer(Options.Create(CreateOptions()), new PeerListenerFactory(routing.Listener), services.GetRequiredService<ILoggerFactory>());
        await _own.StartAsync(new ForwardedApplication<TContext>(application), cancellationToken).ConfigureAwait(false);
        await inner.StartAsync(application, cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(inner.StopAsync(cancellationToken), _own?.StopAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);

    public void Dispose()
    {
        inner.Dispose();
        _own?.Dispose();
    }

    /// <summary>The application's own, but for what is the business of the worker that has the client's connection: how fast that must be.</summary>
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
                MaxResponseBufferSize = own.Limits.MaxResponseBufferSize,
                MaxRequestLineSize = own.Limits.MaxRequestLineSize,
                MaxRequestHeaderCount = own.Limits.MaxRequestHeaderCount + 1,
                MaxRequestHeadersTotalSize = own.Limits.MaxRequestHeadersTotalSize + MostOwnHeader,
                MinRequestBodyDataRate = null,
                MinResponseDataRate = null,
            },
        };
        // HTTP/2 may have more in its heads than HTTP/1 takes by default.
        if (options.Limits.MaxRequestBufferSize is { } buffer && buffer < options.Limits.MaxRequestHeadersTotalSize + options.Limits.MaxRequestLineSize)
            options.Limits.MaxRequestBufferSize = options.Limits.MaxRequestHeadersTotalSize + options.Limits.MaxRequestLineSize;
        options.Listen(routing.Listener.EndPoint, static listen => listen.Protocols = HttpProtocols.Http1);
        return options;
    }
}
