namespace Tandem.Tool.Top;

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
