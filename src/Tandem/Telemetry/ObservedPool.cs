using Tandem.Events;

namespace Tandem.Telemetry;

/// <summary>The properties of a pool that telemetry reads.</summary>
internal abstract class ObservedPool
{
    private static int s_lastId; // the last id that was used

    /// <param name="options">The options of the pool.</param>
    /// <param name="ready">The event that is raised when a worker is ready for items.</param>
    protected ObservedPool(WorkerPoolOptions options, WorkerEventKind ready)
    {
        Options = options;
        Time = options.Time;
        Events = new PoolEvents(options, ready, Instruments.MakeSoon);
    }

    internal WorkerPoolOptions Options { get; }

    /// <summary>The clock of the pool's decisions.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Distinguishes the pool from others with the same name in this process.</summary>
    internal int Id { get; } = Interlocked.Increment(ref s_lastId);

    /// <summary>Set while a listener watches the pool.</summary>
    internal LatencySample? Latencies { get; set; }

    /// <summary>The events of the workers.</summary>
    internal PoolEvents Events { get; }

    /// <summary>The traffic of all workers, including those that have exited.</summary>
    internal abstract PoolTraffic Traffic { get; }

    /// <summary>Returns the current state of the pool.</summary>
    internal abstract PoolSnapshot Snapshot();
}
