using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tandem;
using Tandem.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds pools and their health checks to a container.</summary>
public static class WorkerPoolServiceExtensions
{
    /// <summary>Adds a pool as a singleton, which logs to this container's loggers and ends with the container.</summary>
    /// <remarks>
    /// The options are those of <c>IOptionsMonitor&lt;ThreadedPoolOptions&gt;</c> or <c>IOptionsMonitor&lt;ProcessPoolOptions&gt;</c>;
    /// other code may configure them too (<c>services.Configure&lt;ProcessPoolOptions&gt;(…)</c>). A host checks them when it starts: a
    /// value out of its range ends the start with an <see cref="OptionsValidationException"/> that names the property. The pool itself is
    /// created when it is first asked for.
    /// </remarks>
    /// <param name="services">The container's services.</param>
    /// <param name="isolation">Whether the workers are threads or processes.</param>
    /// <param name="configure">Changes the options; <see langword="null"/> for the defaults.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="isolation"/> is neither Thread nor Process.</exception>
    public static IServiceCollection AddWorkerPool(
        this IServiceCollection services, Isolation isolation, Action<WorkerPoolOptions>? configure = null) =>
        Add(services, null, isolation, null, configure);

    /// <inheritdoc cref="AddWorkerPool(IServiceCollection, Isolation, Action{WorkerPoolOptions}?)"/>
    /// <summary>Adds a pool whose options are read from configuration.</summary>
    /// <param name="configuration">
    /// A section with the names of the options, such as
    /// <c>{ "Isolation": "Process", "MaxWorkers": 4, "DefaultLimits": { "Timeout": "00:00:30" } }</c>. <c>Isolation</c> is <c>Process</c>
    /// when it is missing. A name that the options do not have is an error.
    /// </param>
    /// <param name="configure">Changes the options afterwards; <see langword="null"/> for nothing.</param>
    /// <exception cref="ArgumentException">The value of <c>Isolation</c> is neither Thread nor Process.</exception>
    public static IServiceCollection AddWorkerPool(
        this IServiceCollection services, IConfiguration configuration, Action<WorkerPoolOptions>? configure = null) =>
        Add(services, null, IsolationOf(configuration), configuration, configure);

    /// <inheritdoc cref="AddWorkerPool(IServiceCollection, Isolation, Action{WorkerPoolOptions}?)"/>
    /// <summary>Adds one pool of several, which is asked for by its key (<c>[FromKeyedServices("key")]</c>).</summary>
    /// <param name="serviceKey">The key. Its text is the name of the options.</param>
    public static IServiceCollection AddKeyedWorkerPool(
        this IServiceCollection services, object serviceKey, Isolation isolation, Action<WorkerPoolOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        return Add(services, serviceKey, isolation, null, configure);
    }

    /// <inheritdoc cref="AddWorkerPool(IServiceCollection, IConfiguration, Action{WorkerPoolOptions}?)"/>
    /// <summary>Adds one pool of several, whose options are read from configuration; it is asked for by its key.</summary>
    /// <param name="serviceKey">The key. Its text is the name of the options.</param>
    public static IServiceCollection AddKeyedWorkerPool(
        this IServiceCollection services, object serviceKey, IConfiguration configuration, Action<WorkerPoolOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(serviceKey);
        return Add(services, serviceKey, IsolationOf(configuration), configuration, configure);
    }

    /// <summary>Adds a health check of a pool.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="pool">
    /// Finds the pool, such as <c>provider => provider.GetRequiredKeyedService&lt;WorkerPool&gt;("key")</c>; <see langword="null"/> for the
    /// pool without a key.
    /// </param>
    /// <param name="name">The check's name; the default is <c>"worker-pool"</c>.</param>
    /// <param name="failureStatus">
    /// What the check reports when the pool cannot work; <see langword="null"/> for <see cref="HealthStatus.Unhealthy"/>.
    /// </param>
    /// <param name="tags">Tags of the check; <see langword="null"/> for none.</param>
    /// <param name="configure">When the pool counts as degraded; <see langword="null"/> for the defaults.</param>
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
            name,
            provider => new WorkerPoolHealthCheck(pool?.Invoke(provider) ?? provider.GetRequiredService<WorkerPool>(), options),
            failureStatus,
            tags));
    }

    private static Isolation IsolationOf(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration[nameof(WorkerPoolOptions.Isolation)] switch
        {
            null => Isolation.Process,
            { } text when Enum.TryParse(text, ignoreCase: true, out Isolation isolation) && Enum.IsDefined(isolation) => isolation,
            { } text => throw new ArgumentException(
                $"{nameof(WorkerPoolOptions.Isolation)} is '{text}' in the configuration of a pool; it must be Thread or Process.",
                nameof(configuration)),
        };
    }

    private static IServiceCollection Add(
        IServiceCollection services,
        object? key,
        Isolation isolation,
        IConfiguration? configuration,
        Action<WorkerPoolOptions>? configure) =>
        WorkerPoolOptions.For(isolation) is ThreadedPoolOptions
            ? Add<ThreadedPoolOptions>(services, key, configuration, configure)
            : Add<ProcessPoolOptions>(services, key, configuration, configure);

    private static IServiceCollection Add<TOptions>(
        IServiceCollection services, object? key, IConfiguration? configuration, Action<WorkerPoolOptions>? configure)
        where TOptions : WorkerPoolOptions
    {
        ArgumentNullException.ThrowIfNull(services);
        string name = key?.ToString() ?? Options.Options.DefaultName;
        OptionsBuilder<TOptions> builder = services.AddOptions<TOptions>(name)
            .Configure<IServiceProvider>(static (options, provider) => options.LoggerFactory = provider.GetService<ILoggerFactory>());
        if (configuration is not null)
            builder.Bind(configuration, static binder => binder.ErrorOnUnknownConfiguration = true);
        if (configure is not null)
            builder.Configure(configure);

        builder.ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>>(new WorkerPoolOptionsValidation<TOptions>(name));
        if (key is null)
            services.AddSingleton(provider => Create<TOptions>(provider, name));
        else
            services.AddKeyedSingleton(key, (provider, _) => Create<TOptions>(provider, name));

        return services;
    }

    private static WorkerPool Create<TOptions>(IServiceProvider provider, string name)
        where TOptions : WorkerPoolOptions =>
        WorkerPool.Create((WorkerPoolOptions)provider.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name));
}
