using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <summary>
/// Adds the middleware that counts and tracks requests, before all other middleware, and replaces the application's addresses with the
/// supervisor's.
/// </summary>
internal sealed class ServeStartupFilter(ServedWorker worker) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        // This runs before the server binds.
        if (worker.Settings.Urls.Length > 0
            && app.ApplicationServices.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>() is { } addresses)
        {
            addresses.Addresses.Clear();
            foreach (string url in worker.Settings.Urls.Split(';'))
                addresses.Addresses.Add(url);
            addresses.PreferHostingUrls = true;
        }

        app.Use(Watch);
        if (worker is { Sticky: { } sticky, Settings.Sticky: StickyMode.Cookie })
        {
            var forwarder = new RequestForwarder(
                worker, sticky.Clients, app.ApplicationServices.GetRequiredService<IOptions<KestrelServerOptions>>().Value);
            app.Use(new StickyRequests(worker, sticky, forwarder).Route);
        }

        next(app);
    };

    private RequestDelegate Watch(RequestDelegate next) => context =>
    {
        var connection = context.Features.Get<TrackedConnection>();
        worker.Quota.Count();
        if (connection is null)
            return next(context); // not a connection of Tandem's listener

        bool isStream = connection.BeginRequest(context);
        Task request = connection.MustWaitForGoAway()
            ? WaitAndRunAsync(context, connection, isStream, next)
            : RunAsync(context, connection, isStream, next);
        if (!request.IsCompletedSuccessfully)
            return EndAsync(request, connection, isStream);

        End(connection, isStream);
        return request;
    };

    private Task RunAsync(HttpContext context, TrackedConnection connection, bool isStream, RequestDelegate next) =>
        worker.Requests is { } limited ? limited.RunAsync(context, connection, isStream, next) : next(context);

    private async Task WaitAndRunAsync(HttpContext context, TrackedConnection connection, bool isStream, RequestDelegate next)
    {
        await Task.Delay(TrackedConnection.GoAwayTime, worker.Time).ConfigureAwait(false);
        await RunAsync(context, connection, isStream, next).ConfigureAwait(false);
    }

    private void End(TrackedConnection connection, bool isStream)
    {
        connection.EndRequest(isStream);
        worker.Own.CountCompleted();
    }

    private async Task EndAsync(Task request, TrackedConnection connection, bool isStream)
    {
        try
        {
            await request.ConfigureAwait(false);
        }
        finally
        {
            End(connection, isStream);
        }
    }
}
