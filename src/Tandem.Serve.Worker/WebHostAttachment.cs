using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Tandem.Serve.Worker;

/// <summary>
/// Attaches to an old host (<c>WebHost.CreateDefaultBuilder</c>), which raises no event when it is built. Such a host does not support the
/// finer lifecycle methods of hosted services, and stops its server at once; <see cref="WebHostService"/> and <see cref="DrainingServer"/>
/// compensate for that.
/// </summary>
internal static class WebHostAttachment
{
    private const string Builder = "Microsoft.AspNetCore.Hosting.WebHostBuilder"; // the type is obsolete

    internal static void Attach(object builder, ServedWorker worker)
    {
        if (builder is IWebHostBuilder web && builder.GetType().FullName == Builder)
            web.ConfigureServices(services => Add(services, worker)); // last, after the application's own
    }

    private static void Add(IServiceCollection services, ServedWorker worker)
    {
        if (!ServeServices.TryAddListening(services, worker))
            return;

        services.AddHostedService<WebHostService>();
        ServeServices.Decorate<IServer>(services, inner => new DrainingServer(inner, worker));
        // The services that the application's Startup class adds do not exist yet, so wrap them later.
        if (worker.Settings.Once.Length > 0)
            ServeServices.Decorate<IServiceProviderFactory<IServiceCollection>>(services, inner => new WrappingFactory(inner, worker));

        worker.OnHostAttached("a hosting startup, to a WebHost");
    }

    private sealed class WrappingFactory(IServiceProviderFactory<IServiceCollection> inner, ServedWorker worker)
        : IServiceProviderFactory<IServiceCollection>
    {
        public IServiceCollection CreateBuilder(IServiceCollection services) => inner.CreateBuilder(services);

        public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder)
        {
            // The builder's own service collection also passes through here, first. It has no lifetime.
            if (containerBuilder.Any(static service => service.ServiceType == typeof(IHostApplicationLifetime)))
                HostedOnce.Wrap(containerBuilder, worker);

            return inner.CreateServiceProvider(containerBuilder);
        }
    }
}
