namespace Tandem.Hosting;

/// <summary>Where an isolated service is.</summary>
public enum ServiceState
{
    /// <summary>Not started yet, or stopped.</summary>
    Stopped,

    /// <summary>On its way: its process starts, or it has not said that it is ready.</summary>
    Starting,

    /// <summary>Ready.</summary>
    Running,

    /// <summary>Told to stop.</summary>
    Stopping,

    /// <summary>Has ended by itself, and is not started again.</summary>
    Completed,

    /// <summary>Has failed or crashed, and is not started again.</summary>
    Failed,
}

/// <summary>What can happen to an isolated service.</summary>
public enum ServiceEventKind
{
    /// <summary>It is being started.</summary>
    Starting,

    /// <summary>It is ready.</summary>
    Ready,

    /// <summary>It has ended by itself, without an error.</summary>
    Completed,

    /// <summary>It has ended with an error, or did not become ready in time.</summary>
    Failed,

    /// <summary>Its process has died.</summary>
    Crashed,

    /// <summary>It was stopped.</summary>
    Stopped,

    /// <summary>Its supervisor has made as many restarts as it may: its services stop, and so does the host.</summary>
    RestartLimitReached,
}

/// <summary>Something that happened to an isolated service.</summary>
/// <param name="Kind">What.</param>
/// <param name="Service">The service's name.</param>
/// <param name="Time">When.</param>
/// <param name="ProcessId">The process that it runs in; this one's for a service on a thread, 0 where there is none.</param>
/// <param name="Error">The error; null for none. For <see cref="ServiceEventKind.Crashed"/> a <see cref="WorkerCrashedException"/>.</param>
public sealed record ServiceEvent(ServiceEventKind Kind, string Service, DateTimeOffset Time, int ProcessId, Exception? Error);

/// <summary>What an isolated service does at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Isolation">What it runs in.</param>
/// <param name="State">Where it is.</param>
/// <param name="ProcessId">The process that it runs in; this one's for a service on a thread, 0 where there is none.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="LastError">The error that it ended with last; null for none.</param>
public sealed record ServiceSnapshot(string Name, Isolation Isolation, ServiceState State, int ProcessId, int Restarts, Exception? LastError);

/// <summary>The isolated services of a host. Get it from the container.</summary>
public interface IIsolatedServices
{
    /// <summary>Raised for each event, one at a time and in order; a handler that throws is ignored.</summary>
    event EventHandler<ServiceEvent>? Changed;

    /// <summary>What each service does now, in the order of registration.</summary>
    IReadOnlyList<ServiceSnapshot> Snapshot();
}

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
