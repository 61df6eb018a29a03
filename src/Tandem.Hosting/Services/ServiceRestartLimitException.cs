namespace Tandem.Hosting;

/// <summary>A supervisor has restarted its services as often as <see cref="ServiceSupervisorOptions"/> allows; the host stops because of it.</summary>
public sealed class ServiceRestartLimitException : Exception
{
    internal ServiceRestartLimitException(string service, int restarts, TimeSpan period, Exception? cause)
        : base(
            $"Service '{service}' {(cause is null ? "ended" : "failed")} again after {restarts} restarts within {period}, which is the limit of its supervisor "
            + $"({nameof(ServiceSupervisorOptions)}.{nameof(ServiceSupervisorOptions.MaxRestarts)}). {cause?.Message}",
            cause) => Service = service;

    /// <summary>The service whose end was one too many.</summary>
    public string Service { get; }
}
