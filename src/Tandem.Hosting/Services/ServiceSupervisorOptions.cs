namespace Tandem.Hosting;

/// <summary>
/// How the isolated services of one supervisor hang together. Set with
/// <c>services.Configure&lt;ServiceSupervisorOptions&gt;(name, options => …)</c>; the name is
/// <see cref="IsolatedServiceOptions.Supervisor"/>, by default the empty string.
/// </summary>
public sealed class ServiceSupervisorOptions
{
    /// <summary>What the restart of one service means for the others. Default: <see cref="SupervisionStrategy.OneForOne"/>.</summary>
    public SupervisionStrategy Strategy { get; set; }

    /// <summary>
    /// Restarts that are allowed within <see cref="Period"/>, of all services of the supervisor together. The next one is not made:
    /// the services are stopped, and the host stops with a <see cref="ServiceRestartLimitException"/>. A service whose process somebody
    /// kills while it starts is started again without being counted. Default: 5.
    /// </summary>
    public int MaxRestarts { get; set; } = 5;

    /// <summary>The period in which restarts are counted. Default: 10 seconds.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromSeconds(10);

    internal void Validate(string supervisor)
    {
        string owner = $"'{supervisor}': {nameof(ServiceSupervisorOptions)}";
        Option.Check(MaxRestarts >= 0, owner, nameof(MaxRestarts), MaxRestarts, "at least 0");
        Option.Check(Option.IsDuration(Period) && Period > TimeSpan.Zero, owner, nameof(Period), Period, "positive, at most 24 days");
        Option.Check(Enum.IsDefined(Strategy), owner, nameof(Strategy), Strategy, "OneForOne, OneForAll or RestForOne");
    }
}
