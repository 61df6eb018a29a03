using System.Text.Json.Serialization;

namespace Tandem.Tool.Top;

/// <summary>What all pools of the machine looked like at one moment; what <c>--json</c> prints.</summary>
internal sealed record TopReport(DateTimeOffset Time, IReadOnlyList<ProgramReport> Programs, IReadOnlyList<string> Notes);

/// <summary>A process that has pools.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="ParentPool">For a worker that has pools of its own: the process whose worker it is.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Usage">What it uses itself, its worker processes apart.</param>
/// <param name="Pools">Its pools.</param>
internal sealed record ProgramReport(int ProcessId, int? ParentPool, string Name, int Threads, Usage Usage, IReadOnlyList<PoolReport> Pools);

/// <summary>One pool.</summary>
internal sealed record PoolReport(
    int Id,
    string Name,
    string Isolation,
    int WorkersWanted,
    int ConcurrencyPerWorker,
    int QueueLength,
    double? ItemsPerSecond,
    Latency? Latency,
    Totals Totals,
    string? StartFailure,
    IReadOnlyList<Change> LastChanges,
    IReadOnlyList<WorkerReport> Workers);

/// <summary>One worker.</summary>
/// <param name="Id">The process, or the number of the thread in its pool.</param>
/// <param name="ThreadId">The system's number of a worker thread.</param>
/// <param name="State">starting, idle, busy, spare, draining or killing.</param>
/// <param name="CurrentItem">What it runs.</param>
/// <param name="CurrentItemSeconds">For how long.</param>
/// <param name="InFlight">Items that it has and has not answered.</param>
/// <param name="ItemsDone">Items that it has answered.</param>
/// <param name="ItemsPerSecond">As seen between two samples.</param>
/// <param name="Usage">What it uses.</param>
internal sealed record WorkerReport(
    int Id, int? ThreadId, string State, string? CurrentItem, double? CurrentItemSeconds, int InFlight, long ItemsDone, double? ItemsPerSecond, Usage Usage);

/// <summary>What a process or a thread uses; null for what is not known, or not its own.</summary>
internal sealed record Usage(double? CpuPercent, long? PrivateMemory, double? VoluntarySwitchesPerSecond, double? InvoluntarySwitchesPerSecond)
{
    internal static Usage Unknown { get; } = new(null, null, null, null);

    [JsonIgnore]
    internal double? SwitchesPerSecond => VoluntarySwitchesPerSecond + InvoluntarySwitchesPerSecond;
}

/// <summary>From the submission of items to their end, in seconds, of those that ended since the last sample.</summary>
internal sealed record Latency(int Items, double Median, double Percentile99, double Longest);

/// <summary>Counts since the pool was made.</summary>
internal sealed record Totals(
    long Starts, long Crashes, long Kills, long Recycles, long FailedStarts, long Timeouts, long Quarantined, int AbandonedThreads)
{
    /// <summary>Workers that had to be replaced, or were as planned.</summary>
    internal long Restarts => Crashes + Kills + Recycles;
}

/// <summary>Something that happened to a worker.</summary>
internal sealed record Change(string Kind, int Worker, DateTimeOffset Time, string Detail);

/// <summary>The reports as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TopReport))]
internal sealed partial class TopJson : JsonSerializerContext;
