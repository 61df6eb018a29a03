namespace Tandem.Hosting;

/// <summary>
/// A supervisor has restarted its services as often as <see cref="ServiceSupervisorOptions"/> allows; the host stops because of it.
/// </summary>
public sealed class ServiceRestartLimitException : WorkException
{
    /// <summary>Creates an exception with a message and a cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The error that ended the service; <see langword="null"/> for none.</param>
    public ServiceRestartLimitException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    internal ServiceRestartLimitException(string service, int restarts, TimeSpan period, Exception? cause)
        : base(
            $"Service '{service}' {(cause is null ? "ended" : "failed")} again after {restarts} restarts within {period}, "
            + "which is the limit of its supervisor "
            + $"({nameof(ServiceSupervisorOptions)}.{nameof(ServiceSupervisorOptions.MaxRestarts)}). {cause?.Message}",
            cause) => Service = service;

    /// <summary>The service whose end was one too many.</summary>
    public string Service { get; init; } = "";
}
