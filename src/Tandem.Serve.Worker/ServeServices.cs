using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Tandem.Serve.Worker.Sticky;

namespace Tandem.Serve.Worker;

/// <summary>What an application's host gets beside its own services.</summary>
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

    /// <summary>What hosts of every kind get. False for a host that is none to be served, or has it already.</summary>
    internal static bool TryAddListening(IServiceCollection services, ServedWorker worker)
    {
        // A host without a web server, such as one for a command of the application's: none of ours.
        if (!services.Any(static service => service.ServiceType == typeof(IServer)) || services.Any(static service => service.ServiceType == typeof(ServedWorker)))
            return false;

        if (services.Last(static service => service.ServiceType == typeof(IServer)) is { ImplementationType.Name: not "KestrelServerImpl" and not "KestrelServer" and not null } other)
            worker.Refuse($"It does not serve by Kestrel but by {other.ImplementationType!.Name}.");

        services.AddSingleton(worker);
        // The last one is the one that Kestrel uses.
        services.AddSingleton<IConnectionListenerFactory, SharedListenerFactory>();
        if (services.Any(static service => service.ServiceType == typeof(IMultiplexedConnectionListenerFactory)))
            services.RemoveAll<IMultiplexedConnectionListenerFactory>(); // a UDP port cannot be shared like this: no HTTP/3

        if (worker is { Sticky: { } sticky, Settings.Sticky: StickyMode.Cookie })
            Decorate<IServer>(services, (inner, provider) => new ForwardedServer(inner, provider, sticky));

        services.Insert(0, ServiceDescriptor.Transient<IStartupFilter, ServeStartupFilter>());
        return true;
    }

    /// <summary>Puts something around the service of a type that is used, which is the last one.</summary>
    internal static void Decorate<TService>(IServiceCollection services, Func<TService, TService> decorate)
        where TService : class => Decorate<TService>(services, (inner, _) => decorate(inner));

    private static void Decorate<TService>(IServiceCollection services, Func<TService, IServiceProvider, TService> decorate)
        where TService : class
    {
        for (int i = services.Count - 1; i >= 0; i--)
        {
            if (services[i] is not { IsKeyedService: false } service || service.ServiceType != typeof(TService))
                continue;

            // By its own type, the container makes it as it would have.
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
