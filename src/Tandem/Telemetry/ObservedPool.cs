using Tandem.Events;

namespace Tandem.Telemetry;

/// <summary>What telemetry reads of a pool.</summary>
internal abstract class ObservedPool
{
    private static int s_lastId;

    /// <param name="options">The pool's.</param>
    /// <param name="ready">What is raised when a worker takes items from now on.</param>
    protected ObservedPool(WorkerPoolOptions options, WorkerEventKind ready)
    {
        Options = options;
        Events = new PoolEvents(options, ready, Instruments.MakeSoon);
    }

    internal WorkerPoolOptions Options { get; }

    /// <summary>Tells it from others of its name in this process.</summary>
    internal int Id { get; } = Interlocked.Increment(ref s_lastId);

    /// <summary>While somebody watches the pool.</summary>
    internal LatencySample? Latencies { get; set; }

    /// <summary>What happens to the workers.</summary>
    internal PoolEvents Events { get; }

    /// <summary>What has gone through its workers, also those that are gone.</summary>
    internal abstract PoolTraffic Traffic { get; }

    /// <summary>What the pool looks like now.</summary>
    internal abstract PoolSnapshot Snapshot();
}
