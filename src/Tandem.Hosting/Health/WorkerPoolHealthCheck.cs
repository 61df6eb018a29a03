using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Tandem.Hosting;

/// <summary>Determines a pool's health from its snapshot.</summary>
internal sealed class WorkerPoolHealthCheck(WorkerPool pool, WorkerPoolHealthOptions options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        PoolSnapshot snapshot = pool.Snapshot();
        int serving = snapshot.Workers.Count(static worker => worker is { State: WorkerState.Idle or WorkerState.Busy, IsSpare: false });
        var data = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["workers"] = serving,
            ["starting"] = snapshot.Workers.Count(static worker => worker.State == WorkerState.Starting),
            ["spares"] = snapshot.Workers.Count(static worker => worker is { State: WorkerState.Idle, IsSpare: true }),
            ["queueLength"] = snapshot.QueueLength,
            ["oldestItemAge"] = snapshot.Workers.Select(static worker => worker.CurrentItemAge).DefaultIfEmpty().Max(),
            ["privateMemory"] = snapshot.Workers.Sum(static worker => worker.PrivateMemory),
            ["crashes"] = snapshot.Totals.Crashes,
            ["failedStarts"] = snapshot.Totals.FailedStarts,
            ["abandonedThreads"] = snapshot.Totals.AbandonedThreads,
        };
        (HealthStatus status, string description) = Judge(snapshot, serving, context.Registration.FailureStatus);
        return Task.FromResult(new HealthCheckResult(status, $"'{snapshot.Name}': {description}", snapshot.StartFailure, data));
    }

    private (HealthStatus Status, string Description) Judge(PoolSnapshot snapshot, int serving, HealthStatus failure)
    {
        if (snapshot.StartFailure is { } error)
            return (serving == 0 ? failure : HealthStatus.Degraded, $"workers cannot be started. {error.Message}");
        // A pool that is starting is healthy: its first workers are starting.
        if (serving == 0 && snapshot is { QueueLength: > 0, Totals.Starts: > 0 }
            && snapshot.Workers.All(static worker => worker.State != WorkerState.Starting))
        {
            return (failure, $"there are no workers, and {snapshot.QueueLength} items wait.");
        }

        if (snapshot.Totals.AbandonedThreads > options.MaxAbandonedThreads)
        {
            return (
                HealthStatus.Degraded,
                $"{snapshot.Totals.AbandonedThreads} abandoned threads still run items that exceeded their time limit.");
        }

        if (snapshot.QueueLength > options.MaxQueueLength)
            return (HealthStatus.Degraded, $"{snapshot.QueueLength} items wait.");

        return (HealthStatus.Healthy, $"{serving} workers, {snapshot.QueueLength} items wait.");
    }
}
