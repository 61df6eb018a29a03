using System.Text.Json.Serialization;

namespace Tandem.Serve.Control;

/// <summary>The status of one worker process.</summary>
/// <param name="Number">The worker's number; 0 for a spare.</param>
/// <param name="ProcessId">The process id.</param>
/// <param name="State">starting, ready, accepting or draining.</param>
/// <param name="AgeSeconds">The time since its start.</param>
/// <param name="ReadyAfterMilliseconds">How long it took to become ready.</param>
/// <param name="Requests">Requests since its start.</param>
/// <param name="Connections">Open connections.</param>
/// <param name="Accepted">Connections since its start.</param>
/// <param name="ProcessorSeconds">Processor time since its start.</param>
/// <param name="PrivateMemory">In bytes.</param>
/// <param name="Restarts">How often the worker with this number was replaced.</param>
/// <param name="LastRestarts">The reasons of the last restarts, the latest last.</param>
/// <param name="Application">The path of the application's version that it runs.</param>
internal sealed record WorkerStatus(
    int Number,
    [property: JsonPropertyName("pid")] int ProcessId,
    string State,
    double AgeSeconds,
    double? ReadyAfterMilliseconds,
    long Requests,
    long Connections,
    long Accepted,
    double ProcessorSeconds,
    long PrivateMemory,
    int Restarts,
    IReadOnlyList<RestartStatus> LastRestarts,
    string Application)
{
    /// <summary>Requests that exceeded their time limit (--request-timeout), since its start.</summary>
    public long TimedOut { get; init; }

    /// <summary>Of those, how many were aborted and still run.</summary>
    public long Stuck { get; init; }

    /// <summary>How long the last work item waited for its thread pool, or the current one has waited so far.</summary>
    public long QueueWaitMilliseconds { get; init; }

    /// <summary>Connections that it accepted and handed over to the worker that their client belongs to (<c>--sticky</c>).</summary>
    public long HandedOver { get; init; }

    /// <summary>Requests that it forwarded to the worker that their client belongs to.</summary>
    public long Forwarded { get; init; }
}
