namespace Tandem.Hosting;

/// <summary>The state of an isolated service at one moment.</summary>
public sealed record ServiceSnapshot
{
    /// <summary>The service's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the service runs on a thread or in a process.</summary>
    public Isolation Isolation { get; init; }

    /// <summary>Where the service is in its life.</summary>
    public ServiceState State { get; init; }

    /// <summary>The id of the service's process; the id of this process for a service on a thread; 0 where there is none.</summary>
    public int ProcessId { get; init; }

    /// <summary>How often the service was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>The error that ended the service's last run that failed.</summary>
    /// <value><see langword="null"/> (the default) when no run has failed.</value>
    public Exception? LastError { get; init; }
}
