using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tandem.Work;

namespace Tandem.Telemetry;

/// <summary>
/// The meter and the activity source, one for all pools of the process. They are made on the thread pool when the first worker is
/// ready, or could not be started, because making them takes milliseconds that the first result would wait for.
/// </summary>
internal sealed class Instruments
{
    // Weak, because pools that nobody disposes may be collected.
    private static readonly List<WeakReference<PoolEngine>> Pools = [];
    private static readonly string[] States = ["starting", "idle", "spare", "busy", "draining", "killing"];
    private static Instruments? s_present;
    private static bool s_isMade;

    private readonly Histogram<double> _durations;
    private readonly ActivitySource _activities = new(TandemTelemetry.ActivitySourceName);

    private Instruments()
    {
        var meter = new Meter(TandemTelemetry.MeterName);
        _durations = meter.CreateHistogram<double>("tandem.item.duration", "s", "From the submission of a work item, or of a chunk of a map, to its end.");
        meter.CreateObservableCounter("tandem.pool.events", static () => Each(Totals), "{event}", "What happened to a pool's workers and items: starts, crashes, kills, recycling, time limits.");
        meter.CreateObservableUpDownCounter("tandem.pool.queue.length", static () => Each(QueueLength), "{item}", "Items that wait for a worker.");
        meter.CreateObservableUpDownCounter("tandem.pool.workers", static () => Each(Workers), "{worker}", "Workers by state.");
        meter.CreateObservableUpDownCounter("tandem.pool.abandoned_threads", static () => Each(Abandoned), "{thread}", "Threads that go on with an item whose time was over.");
        meter.CreateObservableUpDownCounter("tandem.pool.memory", static () => Each(Memory), "By", "Private memory of worker processes.");
    }

    /// <summary>The instruments, once they are there.</summary>
    internal static Instruments? Present => Volatile.Read(ref s_present);

    /// <summary>Whether somebody wants to know about single items.</summary>
    internal bool WantsItems => _durations.Enabled || _activities.HasListeners();

    /// <summary>A pool was made.</summary>
    internal static void Add(PoolEngine pool)
    {
        lock (Pools)
            Pools.Add(new WeakReference<PoolEngine>(pool));
    }

    /// <summary>A pool has a worker.</summary>
    internal static void Make()
    {
        if (Interlocked.Exchange(ref s_isMade, true))
            return;

        ThreadPool.UnsafeQueueUserWorkItem(static _ => Volatile.Write(ref s_present, new Instruments()), null);
    }

    /// <summary>A pool ends.</summary>
    internal static void Remove(PoolEngine pool)
    {
        lock (Pools)
            Pools.RemoveAll(one => !one.TryGetTarget(out PoolEngine? alive) || alive == pool);
    }

    /// <summary>Begins to observe an item.</summary>
    internal ItemObservation Begin(WorkItem item, string pool)
    {
        Activity? outer = Activity.Current;
        Activity? activity = _activities.HasListeners() ? _activities.StartActivity(item.Name) : null;
        // It is the item's, not the caller's.
        Activity.Current = outer;
        return new ItemObservation(activity, pool, this);
    }

    internal void Record(TimeSpan duration, in TagList tags) => _durations.Record(duration.TotalSeconds, tags);

    private static IEnumerable<Measurement<long>> Each(Func<PoolSnapshot, IEnumerable<Measurement<long>>> measure)
    {
        var pools = new List<PoolEngine>();
        lock (Pools)
        {
            foreach (WeakReference<PoolEngine> one in Pools)
            {
                if (one.TryGetTarget(out PoolEngine? pool))
                    pools.Add(pool);
            }
        }

        return pools.SelectMany(pool => measure(pool.Snapshot()));
    }

    private static IEnumerable<Measurement<long>> QueueLength(PoolSnapshot pool) => [new(pool.QueueLength, Of(pool))];

    private static IEnumerable<Measurement<long>> Abandoned(PoolSnapshot pool) => [new(pool.Totals.AbandonedThreads, Of(pool))];

    private static IEnumerable<Measurement<long>> Memory(PoolSnapshot pool) => [new(pool.Workers.Sum(static worker => worker.PrivateMemory), Of(pool))];

    private static IEnumerable<Measurement<long>> Totals(PoolSnapshot pool)
    {
        PoolTotals totals = pool.Totals;
        return [Of("started", totals.Starts), Of("crashed", totals.Crashes), Of("killed", totals.Kills), Of("recycled", totals.Recycles),
            Of("start_failed", totals.FailedStarts), Of("timed_out", totals.Timeouts), Of("quarantined", totals.Quarantined)];

        Measurement<long> Of(string what, long count) => new(count, Instruments.Of(pool), new("tandem.event", what));
    }

    // Also the states that no worker is in: a value that is not told any more would look like the last one.
    private static IEnumerable<Measurement<long>> Workers(PoolSnapshot pool) => States.Select(
        state => new Measurement<long>(pool.Workers.Count(worker => NameOf(worker) == state), Of(pool), new("tandem.worker.state", state)));

    private static string NameOf(WorkerSnapshot worker) => worker.State switch
    {
        WorkerState.Starting => "starting",
        WorkerState.Idle when worker.IsSpare => "spare",
        WorkerState.Idle => "idle",
        WorkerState.Busy => "busy",
        WorkerState.Draining => "draining",
        _ => "killing",
    };

    private static KeyValuePair<string, object?> Of(PoolSnapshot pool) => new("tandem.pool", pool.Name);
}
