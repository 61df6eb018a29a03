using Microsoft.Extensions.Hosting;

namespace Tandem.Hosting;

/// <summary>How one isolated service runs.</summary>
public sealed class IsolatedServiceOptions
{
    private readonly List<Action<HostApplicationBuilder>> _configure = [];
    private readonly List<string> _dependencies = [];

    /// <summary>The service's name in logs, events and <see cref="DependsOn"/>; unique.</summary>
    /// <value>Not empty. The default is the name of the service's type.</value>
    public string Name { get; set; } = "";

    /// <summary>Whether the service is started again when it has ended.</summary>
    /// <value>The default is <see cref="RestartPolicy.Permanent"/>.</value>
    public RestartPolicy Restart { get; set; }

    /// <summary>
    /// The supervisor that the service belongs to: services of one supervisor share its strategy and its limit of restarts.
    /// </summary>
    /// <value>A name. The default is the empty string.</value>
    public string Supervisor { get; set; } = "";

    /// <summary>
    /// Whether the service says itself when it is ready, through an <see cref="IServiceReadiness"/> that it gets from its container.
    /// </summary>
    /// <value>
    /// The default is <see langword="false"/>: the service is ready when its <see cref="IHostedService.StartAsync"/> has completed.
    /// </value>
    public bool SignalsReadiness { get; set; }

    /// <summary>
    /// How long the service may take from its start until it is ready; beyond that it is stopped and has failed, with a
    /// <see cref="TimeoutException"/>.
    /// </summary>
    /// <value>A positive time of at most 24 days. The default is 30 seconds.</value>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the service may take to stop; beyond that its process is killed, or its thread is left behind.</summary>
    /// <value>
    /// Between 0 and 24 days. The default is <see langword="null"/>: the host's own <see cref="HostOptions.ShutdownTimeout"/>.
    /// </value>
    public TimeSpan? ShutdownTimeout { get; set; }

    /// <summary>
    /// Environment variables that the service's process gets beside those of this one; a <see langword="null"/> value removes one. A
    /// service on a thread has those of this process, whatever stands here.
    /// </summary>
    /// <value>The default is empty.</value>
    public IDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>
    /// Changes the options of the service's process, which are a <see cref="ProcessPoolOptions"/>, or of its thread, which are a
    /// <see cref="ThreadedPoolOptions"/>. Name, the number of workers and spares, concurrency and the grace after cancellation are set
    /// afterwards.
    /// </summary>
    /// <value>The default is <see langword="null"/>: nothing is changed.</value>
    public Action<WorkerPoolOptions>? ConfigureWorker { get; set; }

    internal IReadOnlyList<Action<HostApplicationBuilder>> Configurations => _configure;

    internal IReadOnlyList<string> Dependencies => _dependencies;

    /// <summary>
    /// Adds to the host that the service gets of its own: registrations for its container, configuration, logging. It begins with
    /// this host's configuration, environment name and content root, and with logging that ends in this host's loggers.
    /// </summary>
    /// <param name="configure">Runs in the service's process, each time it starts; what the lambda captures travels.</param>
    /// <returns>These options.</returns>
    public IsolatedServiceOptions Configure(Action<HostApplicationBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _configure.Add(configure);
        return this;
    }

    /// <summary>
    /// Names services that must be ready before this one starts, and that stop only when this one has stopped. Services that do not
    /// depend on each other start and stop at the same time.
    /// </summary>
    /// <param name="services">Their names; registered before this one, in the same supervisor.</param>
    /// <returns>These options.</returns>
    public IsolatedServiceOptions DependsOn(params string[] services)
    {
        ArgumentNullException.ThrowIfNull(services);
        _dependencies.AddRange(services);
        return this;
    }

    internal void Validate()
    {
        Check(!string.IsNullOrWhiteSpace(Name), nameof(Name), Name, "not empty");
        Check(Enum.IsDefined(Restart), nameof(Restart), Restart, "Permanent, Transient or Temporary");
        Check(Option.IsPositiveDuration(StartTimeout), nameof(StartTimeout), StartTimeout, "positive, at most 24 days");
        Check(
            ShutdownTimeout is null || Option.IsDuration(ShutdownTimeout.Value),
            nameof(ShutdownTimeout),
            ShutdownTimeout,
            "between 0 and 24 days");
    }

    private void Check(bool valid, string property, object? value, string expected) =>
        Option.Check(valid, $"'{Name}': {nameof(IsolatedServiceOptions)}", property, value, expected);
}
