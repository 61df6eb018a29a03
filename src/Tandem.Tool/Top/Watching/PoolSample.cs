namespace Tandem.Tool.Top.Watching;

/// <summary>A pool, as it reported itself.</summary>
internal sealed record PoolSample(
    int Id,
    string Name,
    string Isolation,
    int Workers,
    int Concurrency,
    int QueueLength,
    Totals Totals,
    Latency? Latency,
    string StartFailure)
{
    internal List<WorkerSample> WorkerSamples { get; } = [];

    internal List<Change> Changes { get; } = [];
}
