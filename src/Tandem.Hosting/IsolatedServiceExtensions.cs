using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Tandem;
using Tandem.Hosting;
using Tandem.Hosting.Child;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds isolated services to a host.</summary>
public static class IsolatedServiceExtensions
{
    /// <summary>
    /// Adds a hosted service that runs in a host of its own: on a thread of this process, or in a supervised process. The service
    /// needs no change. It starts and stops with this host; what it logs arrives in this host's loggers; when it fails or its process
    /// crashes, it is started again as its <see cref="IsolatedServiceOptions.Restart"/> says, and nothing else of this host notices.
    /// </summary>
    /// <typeparam name="TService">The service.</typeparam>
    /// <param name="services">This host's services.</param>
    /// <param name="isolation">What the service runs in.</param>
    /// <param name="configure">How it runs; null for the defaults.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public static IServiceCollection AddIsolatedService<TService>(
        this IServiceCollection services, Isolation isolation, Action<IsolatedServiceOptions>? configure = null)
        where TService : class, IHostedService
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new IsolatedServiceOptions { Name = typeof(TService).Name };
        configure?.Invoke(options);
        options.Validate();
        services.AddSingleton(new ServiceRegistration(
            isolation,
            options,
            static (pool, spec, stop) => pool.RunAsync(
                static (spec, stop) => ServiceHost.RunAsync<TService>(spec, stop),
                spec,
                new WorkOptions { Name = typeof(TService).Name },
                stop)));
        services.TryAddSingleton<ServiceContext>();
        services.TryAddSingleton<IsolatedServices>();
        services.TryAddSingleton<IIsolatedServices>(static provider => provider.GetRequiredService<IsolatedServices>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IHostedService, IsolatedServices>(
                static provider => provider.GetRequiredService<IsolatedServices>()));
        return services;
    }
}
