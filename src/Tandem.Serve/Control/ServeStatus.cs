using System.Text.Json.Serialization;

namespace Tandem.Serve.Control;

/// <summary>The status of the server.</summary>
/// <param name="ProcessId">The supervisor's process id.</param>
/// <param name="Application">The path of the application's file.</param>
/// <param name="Addresses">The addresses on which it listens.</param>
/// <param name="Since">When the supervisor started.</param>
/// <param name="Target">The intended number of workers.</param>
/// <param name="Workers">The worker processes.</param>
/// <param name="Standbys">The process ids of the standbys.</param>
/// <param name="PrivateMemory">The supervisor's private memory, in bytes.</param>
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
    /// <summary>
    /// Every worker that should exist, including those without a process at the moment; empty if the supervisor is older than this
    /// property.
    /// </summary>
    public IReadOnlyList<SlotStatus> Slots { get; init; } = [];

    /// <summary>The state of scaling by the load; null for a fixed number of workers.</summary>
    public ScalingStatus? Scaling { get; init; }
}
