using System.Text.Json.Serialization;

namespace Tandem.Serve.Control;

/// <summary>What a supervisor is asked to do.</summary>
/// <param name="Command">status, reload, scale or stop.</param>
/// <param name="Workers">For scale: how many.</param>
/// <param name="AtOnce">For stop: whether without regard for what is on its way.</param>
internal sealed record ControlRequest(string Command, int Workers = 0, bool AtOnce = false);

/// <summary>What came of it.</summary>
/// <param name="Error">Why it was not done; null when it was.</param>
/// <param name="ExitCode">A <see cref="ServeExitCode"/>.</param>
/// <param name="Status">For status.</param>
internal sealed record ControlResponse(string? Error, int ExitCode, ServeStatus? Status = null);

/// <summary>How it goes.</summary>
/// <param name="ProcessId">The supervisor's.</param>
/// <param name="Application">The application's file.</param>
/// <param name="Addresses">Where it listens.</param>
/// <param name="Since">When the supervisor began.</param>
/// <param name="Target">How many workers there are to be.</param>
/// <param name="Workers">The workers that there are.</param>
/// <param name="Standbys">The processes that wait to become workers.</param>
/// <param name="PrivateMemory">The supervisor's own, in bytes.</param>
internal sealed record ServeStatus(
    [property: JsonPropertyName("pid")] int ProcessId,
    string Application,
    IReadOnlyList<string> Addresses,
    DateTimeOffset Since,
    int Target,
    IReadOnlyList<WorkerStatus> Workers,
    IReadOnlyList<int> Standbys,
    long PrivateMemory)
{
    /// <summary>Every worker that there is to be, also one that has no process at the moment; empty where the supervisor is older than this.</summary>
    public IReadOnlyList<SlotStatus> Slots { get; init; } = [];

    /// <summary>How the load decides how many workers there are to be; null where it does not.</summary>
    public ScalingStatus? Scaling { get; init; }
}

/// <summary>How it goes with one worker.</summary>
/// <param name="Number">Which it is; 0 for a spare.</param>
/// <param name="ProcessId">Its process.</param>
/// <param name="State">starting, ready, accepting or draining.</param>
/// <param name="AgeSeconds">How long ago it was started.</param>
/// <param name="ReadyAfterMilliseconds">How long it took to become ready.</param>
/// <param name="Requests">Requests since its start.</param>
/// <param name="Connections">Open connections.</param>
/// <param name="Accepted">Connections since its start.</param>
/// <param name="ProcessorSeconds">Processor time since its start.</param>
/// <param name="PrivateMemory">In bytes.</param>
/// <param name="Restarts">How often the worker of this number was replaced.</param>
/// <param name="LastRestarts">Why, the latest last.</param>
/// <param name="Application">The version of the application that it runs.</param>
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
    /// <summary>Requests that took longer than they may (--request-timeout), since its start.</summary>
    public long TimedOut { get; init; }

    /// <summary>Of those, how many have not ended although they were told to.</summary>
    public long Stuck { get; init; }

    /// <summary>How long what was queued last waited for its thread pool, or has waited so far.</summary>
    public long QueueWaitMilliseconds { get; init; }

    /// <summary>Connections that it accepted and handed to the worker that their clients belong to (<c>--sticky</c>).</summary>
    public long HandedOver { get; init; }

    /// <summary>Requests that it forwarded to the worker that their clients belong to.</summary>
    public long Forwarded { get; init; }
}

/// <summary>Why a worker was replaced.</summary>
internal sealed record RestartStatus(DateTimeOffset Time, string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ServeStatus))]
[JsonSerializable(typeof(ControlResponse))]
internal sealed partial class ControlJson : JsonSerializerContext;
