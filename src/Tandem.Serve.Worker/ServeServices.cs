using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;

namespace Tandem.Serve.Worker;

/// <summary>What an application's host gets beside its own services.</summary>
internal static class ServeServices
{
    internal static void Add(IServiceCollection services, ServedWorker worker)
    {
        // A host without a web server, such as one for a command of the application's: none of ours.
        if (!services.Any(static service => service.ServiceType == typeof(IServer)) || services.Any(static service => service.ServiceType == typeof(ServedWorker)))
            return;

        if (services.Last(static service => service.ServiceType == typeof(IServer)) is { ImplementationType.Name: not "KestrelServerImpl" and not "KestrelServer" and not null } other)
            worker.Refuse($"It does not serve by Kestrel but by {other.ImplementationType!.Name}.");

        services.AddSingleton(worker);
        // The last one is the one that Kestrel uses.
        services.AddSingleton<IConnectionListenerFactory, SharedListenerFactory>();
        if (services.Any(static service => service.ServiceType == typeof(IMultiplexedConnectionListenerFactory)))
            services.RemoveAll<IMultiplexedConnectionListenerFactory>(); // a UDP port cannot be shared like this: no HTTP/3

        services.Insert(0, ServiceDescriptor.Transient<IStartupFilter, ServeStartupFilter>());
        services.AddHostedService<ServeHostedService>();
        HostedOnce.Wrap(services, worker);
        ReplaceLifetime(services);
    }

    /// <summary>On SIGTERM the framework's own lifetimes stop Kestrel at once, which loses requests; the worker drains instead.</summary>
    private static void ReplaceLifetime(IServiceCollection services)
    {
        for (int i = services.Count - 1; i >= 0; i--)
        {
            if (services[i].ServiceType == typeof(IHostLifetime)
                && (services[i].ImplementationType == typeof(ConsoleLifetime) || services[i].ImplementationType?.Name is "SystemdLifetime"))
            {
                services[i] = ServiceDescriptor.Singleton<IHostLifetime, WorkerLifetime>();
            }
        }
    }
}
