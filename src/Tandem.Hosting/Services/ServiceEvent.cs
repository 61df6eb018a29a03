namespace Tandem.Hosting;

/// <summary>Something that happened to an isolated service.</summary>
public sealed record ServiceEvent
{
    /// <summary>What happened.</summary>
    public ServiceEventKind Kind { get; init; }

    /// <summary>The service's name.</summary>
    public required string Service { get; init; }

    /// <summary>When it happened, in UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The id of the service's process; the id of this process for a service on a thread; 0 where there is none.</summary>
    public int ProcessId { get; init; }

    /// <summary>The error; for <see cref="ServiceEventKind.Crashed"/> a <see cref="WorkerCrashedException"/>.</summary>
    /// <value><see langword="null"/> (the default) when there is none.</value>
    public Exception? Error { get; init; }
}
