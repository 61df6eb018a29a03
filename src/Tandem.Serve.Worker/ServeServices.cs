using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <summary>Adds Tandem's services to those of an application's host.</summary>
internal static class ServeServices
{
    internal static void Add(IServiceCollection services, ServedWorker worker)
    {
        if (!TryAddListening(services, worker))
            return;

        services.AddHostedService<ServeHostedService>();
        HostedOnce.Wrap(services, worker);
        ReplaceLifetime(services);
        worker.OnHostAttached("the HostBuilding event");
    }

    /// <summary>
    /// Adds the services for hosts of every kind. Returns false for a host without a web server, and for one that already has them.
    /// </summary>
    internal static bool TryAddListening(IServiceCollection services, ServedWorker worker)
    {
        // A host without a web server, for example for a command of the application, is not served.
        if (!services.Any(static service => service.ServiceType == typeof(IServer))
            || services.Any(static service => service.ServiceType == typeof(ServedWorker)))
        {
            return false;
        }

        if (services.Last(static service => service.ServiceType == typeof(IServer))
            is { ImplementationType.Name: not "KestrelServerImpl" and not "KestrelServer" and not null } other)
        {
            worker.Refuse($"The application does not use Kestrel but {other.ImplementationType!.Name}.");
        }

        services.AddSingleton(worker);
        // Kestrel uses the last one.
        services.AddSingleton<IConnectionListenerFactory, SharedListenerFactory>();
        if (services.Any(static service => service.ServiceType == typeof(IMultiplexedConnectionListenerFactory)))
            services.RemoveAll<IMultiplexedConnectionListenerFactory>(); // a UDP port cannot be shared in this way, so there is no HTTP/3

        if (worker is { Sticky: { } sticky, Settings.Sticky: StickyMode.Cookie })
            Decorate<IServer>(services, (inner, provider) => new ForwardedServer(inner, provider, sticky));

        services.Insert(0, ServiceDescriptor.Transient<IStartupFilter, ServeStartupFilter>());
        return true;
    }

    /// <summary>Decorates the service of a type. If there are several, the container uses the last one, so that one is decorated.</summary>
    internal static void Decorate<TService>(IServiceCollection services, Func<TService, TService> decorate)
        where TService : class => Decorate<TService>(services, (inner, _) => decorate(inner));

    private static void Decorate<TService>(IServiceCollection services, Func<TService, IServiceProvider, TService> decorate)
        where TService : class
    {
        for (int i = services.Count - 1; i >= 0; i--)
        {
            if (services[i] is not { IsKeyedService: false } service || service.ServiceType != typeof(TService))
                continue;

            // Registered by its own type, so that the container creates it as before.
            if (service.ImplementationType is { } type)
                services.Add(new ServiceDescriptor(type, type, service.Lifetime));
            services[i] = new ServiceDescriptor(
                typeof(TService),
                provider => decorate((TService)(service.ImplementationInstance
                    ?? service.ImplementationFactory?.Invoke(provider)
                    ?? provider.GetRequiredService(service.ImplementationType!)),
                    provider),
                service.Lifetime);
            return;
        }
    }

    /// <summary>
    /// Replaces the framework's lifetimes: on SIGTERM they stop Kestrel at once, which loses requests; the worker drains instead.
    /// </summary>
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
