using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Tandem.Serve.Worker;

/// <summary>
/// Attaches to a host of the older kind (<c>WebHost.CreateDefaultBuilder</c>), which raises no event when it is built. It runs hosted services
/// without their finer steps, and stops its server as soon as it is told to, so both have stand-ins.
/// </summary>
internal static class WebHostAttachment
{
    private const string Builder = "Microsoft.AspNetCore.Hosting.WebHostBuilder"; // the type is obsolete

    internal static void Attach(object builder, ServedWorker worker)
    {
        if (builder is IWebHostBuilder web && builder.GetType().FullName == Builder)
            web.ConfigureServices(services => Add(services, worker)); // the last one, behind all of the application's
    }

    private static void Add(IServiceCollection services, ServedWorker worker)
    {
        if (!ServeServices.TryAddListening(services, worker))
            return;

        services.AddHostedService<WebHostService>();
        ServeServices.Decorate<IServer>(services, inner => new DrainingServer(inner, worker));
        // What the application's Startup adds is not there yet.
        if (worker.Settings.Once.Length > 0)
            ServeServices.Decorate<IServiceProviderFactory<IServiceCollection>>(services, inner => new WrappingFactory(inner, worker));

        worker.OnHostAttached("a hosting startup, to a WebHost");
    }

    private sealed class WrappingFactory(IServiceProviderFactory<IServiceCollection> inner, ServedWorker worker) : IServiceProviderFactory<IServiceCollection>
    {
        public IServiceCollection CreateBuilder(IServiceCollection services) => inner.CreateBuilder(services);

        public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder)
        {
            // The builder has services of its own, which come from here first.
            if (containerBuilder.Any(static service => service.ServiceType == typeof(IHostApplicationLifetime)))
                HostedOnce.Wrap(containerBuilder, worker);

            return inner.CreateServiceProvider(containerBuilder);
        }
    }
}
