namespace Tandem;

/// <summary>What a pool looks like at one moment.</summary>
/// <param name="Name">The pool's name.</param>
/// <param name="Isolation">What its workers are.</param>
/// <param name="Workers">Its workers, those that start or end included.</param>
/// <param name="QueueLength">Items that wait for a worker.</param>
/// <param name="Totals">What happened since the pool was made.</param>
/// <param name="StartFailure">
/// Why work fails at once: workers could not be started as often as <see cref="WorkerPoolOptions.RestartLimit"/> allows. Null as long as
/// that is not so; null again when a start succeeds.
/// </param>
public sealed record PoolSnapshot(
    string Name,
    Isolation Isolation,
    IReadOnlyList<WorkerSnapshot> Workers,
    int QueueLength,
    PoolTotals Totals,
    WorkerStartException? StartFailure = null)
{
    /// <summary>What the start of the next worker waits for, and until when; <see langword="null"/> when it does not wait.</summary>
    public StartBackOff? BackOff { get; init; }
}
