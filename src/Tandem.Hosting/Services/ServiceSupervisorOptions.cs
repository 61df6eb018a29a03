namespace Tandem.Hosting;

/// <summary>
/// How the isolated services of one supervisor hang together. Set with
/// <c>services.Configure&lt;ServiceSupervisorOptions&gt;(name, options => …)</c>; the name is
/// <see cref="IsolatedServiceOptions.Supervisor"/>, by default the empty string.
/// </summary>
public sealed class ServiceSupervisorOptions
{
    /// <summary>What the restart of one service means for the others.</summary>
    /// <value>The default is <see cref="SupervisionStrategy.OneForOne"/>.</value>
    public SupervisionStrategy Strategy { get; set; }

    /// <summary>
    /// Restarts that are allowed within <see cref="RestartPeriod"/>, of all services of the supervisor together. The next one is not made:
    /// the services are stopped, and the host stops with a <see cref="ServiceRestartLimitException"/>. A service whose process somebody
    /// kills while it starts is started again without being counted.
    /// </summary>
    /// <value>At least 0. The default is 5.</value>
    public int MaxRestarts { get; set; } = 5;

    /// <summary>The period in which <see cref="MaxRestarts"/> are allowed.</summary>
    /// <value>A positive time of at most 24 days. The default is 10 seconds.</value>
    public TimeSpan RestartPeriod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The clock by which restarts are counted and delayed, starts and stops of services are limited, and events get their time. A test can
    /// set it. Other supervisors, and the pools in which services run, have clocks of their own.
    /// </summary>
    /// <value>
    /// The default is <see langword="null"/>: the system's clock. A clock that is registered in the container is not used, because a test's
    /// clock that stands still would keep the host from stopping a service that does not return.
    /// </value>
    public TimeProvider? TimeProvider { get; set; }

    internal void Validate(string supervisor)
    {
        string owner = $"'{supervisor}': {nameof(ServiceSupervisorOptions)}";
        Option.Check(MaxRestarts >= 0, owner, nameof(MaxRestarts), MaxRestarts, "at least 0");
        Option.Check(Option.IsPositiveDuration(RestartPeriod), owner, nameof(RestartPeriod), RestartPeriod, "positive, at most 24 days");
        Option.Check(Enum.IsDefined(Strategy), owner, nameof(Strategy), Strategy, "OneForOne, OneForAll or RestForOne");
    }
}
