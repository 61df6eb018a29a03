using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Tandem;
using Tandem.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds pools and their health checks to a container.</summary>
public static class WorkerPoolServiceExtensions
{
    /// <summary>Adds a pool, which logs to this container's loggers and ends with the container.</summary>
    /// <param name="services">The container's services.</param>
    /// <param name="isolation">What the workers are.</param>
    /// <param name="configure">How; null for the defaults.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddWorkerPool(this IServiceCollection services, Isolation isolation, Action<WorkerPoolOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton(provider =>
        {
            WorkerPoolOptions options = WorkerPoolOptions.For(isolation);
            options.LoggerFactory = provider.GetService<ILoggerFactory>();
            configure?.Invoke(options);
            return WorkerPool.Create(options);
        });
    }

    /// <summary>Adds a health check of a pool.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="pool">Finds the pool; null for the container's own.</param>
    /// <param name="name">The check's name. Default: "worker-pool".</param>
    /// <param name="failureStatus">What it reports when the pool cannot work; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags of the check.</param>
    /// <param name="configure">When the pool counts as degraded; null for the defaults.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public static IHealthChecksBuilder AddWorkerPool(
        this IHealthChecksBuilder builder,
        Func<IServiceProvider, WorkerPool>? pool = null,
        string name = "worker-pool",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        Action<WorkerPoolHealthOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new WorkerPoolHealthOptions();
        configure?.Invoke(options);
        options.Validate();
        return builder.Add(new HealthCheckRegistration(
            name, provider => new WorkerPoolHealthCheck(pool?.Invoke(provider) ?? provider.GetRequiredService<WorkerPool>(), options), failureStatus, tags));
    }
}
