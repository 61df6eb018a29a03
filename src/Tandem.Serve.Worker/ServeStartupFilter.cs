using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Tandem.Serve.Worker;

/// <summary>Puts a look at every request before all else, and the supervisor's addresses in place of the application's.</summary>
internal sealed class ServeStartupFilter(ServedWorker worker) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        // Called before the server binds.
        if (worker.Settings.Urls.Length > 0 && app.ApplicationServices.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>() is { } addresses)
        {
            addresses.Addresses.Clear();
            foreach (string url in worker.Settings.Urls.Split(';'))
                addresses.Addresses.Add(url);
            addresses.PreferHostingUrls = true;
        }

        app.Use(Watch);
        next(app);
    };

    private RequestDelegate Watch(RequestDelegate next) => context =>
    {
        var connection = context.Features.Get<TrackedConnection>();
        worker.CountRequest();
        if (connection is null)
            return next(context); // a server of the application's own

        bool isStream = connection.BeginRequest(context);
        Task request = connection.SaysGoAway() ? WaitAsync(next, context) : next(context);
        if (!request.IsCompletedSuccessfully)
            return EndAsync(request, connection, isStream);

        End(connection, isStream);
        return request;
    };

    private static async Task WaitAsync(RequestDelegate next, HttpContext context)
    {
        await Task.Delay(TrackedConnection.GoAwayTime).ConfigureAwait(false);
        await next(context).ConfigureAwait(false);
    }

    private void End(TrackedConnection connection, bool isStream)
    {
        connection.EndRequest(isStream);
        worker.CountCompleted();
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
