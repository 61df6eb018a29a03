using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tandem.BackgroundWork;
using Tandem.Events;

namespace Tandem.Telemetry;

/// <summary>
/// The meter and the activity source for all pools of the process. They are created on the thread pool shortly after the first worker is
/// ready, or could not be started: creating them takes milliseconds, which would delay the first result.
/// </summary>
internal sealed class Instruments
{
    // Weak references, because pools that are never disposed may be collected.
    private static readonly List<WeakReference<ObservedPool>> Pools = [];
    private static readonly string[] States = ["starting", "idle", "spare", "busy", "draining", "killing"];
    private static Instruments? s_present; // null until they are created
    private static bool s_isMade; // whether the instruments exist or are being created
    private static ITimer? s_later; // creates the instruments

    private readonly Histogram<double> _durations; // tandem.item.duration
    private readonly Histogram<double> _waits; // tandem.item.wait.duration
    private readonly Histogram<double> _runs; // tandem.item.run.duration
    private readonly ActivitySource _activities = new(TandemTelemetry.ActivitySourceName); // the activity source of all pools
    private readonly PoolEventSource _events = new(); // the event source of all pools

    private Instruments()
    {
        var meter = new Meter(TandemTelemetry.MeterName);
        _durations = meter.CreateHistogram<double>("tandem.item.duration", "s",
            "From the submission of a work item, or of a chunk of a map, to its end.");
        _waits = meter.CreateHistogram<double>("tandem.item.wait.duration", "s",
            "The part of an item's duration in which it did not run: waiting in the queue, and transfer in both directions.");
        _runs = meter.CreateHistogram<double>("tandem.item.run.duration", "s", "From the start of an item on its worker to its end.");
        meter.CreateObservableCounter("tandem.pool.events", static () => Each(Totals), "{event}",
            "What happened to a pool's workers and items, and why: starts, crashes, kills, recycling, time limits.");
        meter.CreateObservableCounter("tandem.pool.items", static () => Each(Items), "{item}",
            "Items, and elements of maps, that workers have answered.");
        meter.CreateObservableCounter("tandem.pool.io", static () => Each(Traffic), "By",
            "Bytes of items sent to worker processes and of outcomes received from them.");
        meter.CreateObservableUpDownCounter("tandem.pool.queue.length", static () => Each(QueueLength), "{item}",
            "Items that wait for a worker.");
        meter.CreateObservableUpDownCounter("tandem.pool.workers", static () => Each(Workers), "{worker}", "Workers by state.");
        meter.CreateObservableUpDownCounter("tandem.pool.abandoned_threads", static () => Each(Abandoned), "{thread}",
            "Threads that still run an item that exceeded its time limit.");
        meter.CreateObservableUpDownCounter("tandem.pool.memory", static () => Each(Memory), "By", "Private memory of worker processes.");
    }

    /// <summary>The instruments, once they are created.</summary>
    internal static Instruments? Present => Volatile.Read(ref s_present);

    /// <summary>Whether a listener needs data of single items.</summary>
    internal bool WantsItems => _durations.Enabled || _runs.Enabled || _waits.Enabled || _activities.HasListeners();

    /// <summary>Called when a pool is created.</summary>
    internal static void Add(ObservedPool pool)
    {
        lock (Pools)
            Pools.Add(new WeakReference<ObservedPool>(pool));
    }

    /// <summary>
    /// Called when a pool has a worker, which may have an item to run. The instruments are created a moment later, so that the first
    /// result comes first.
    /// </summary>
    internal static void MakeSoon()
    {
        const int Moment = 100; // milliseconds
        if (Volatile.Read(ref s_later) is not null || Volatile.Read(ref s_isMade))
            return;

        Volatile.Write(ref s_later, Background.Timer(TryMake, TimeSpan.FromMilliseconds(Moment)));
    }

    /// <summary>
    /// Creates the instruments at once, for an item that a traced caller submits before there is a worker: its trace justifies the wait.
    /// Null if they cannot be created.
    /// </summary>
    internal static Instruments? MakeNow()
    {
        TryMake();
        SpinWait.SpinUntil(static () => Present is not null || !Volatile.Read(ref s_isMade)); // another thread may be creating them
        return Present;
    }

    /// <summary>
    /// Creates the instruments, unless they exist. This also runs on a timer, where an exception would terminate the process; after a
    /// failure the next caller tries again.
    /// </summary>
    private static void TryMake()
    {
        if (Interlocked.Exchange(ref s_isMade, true))
            return;

        try
        {
            var made = new Instruments();
            Background.Listener = made._events.BackgroundFailed;
            Volatile.Write(ref s_present, made);
        }
        catch (Exception)
        {
            Volatile.Write(ref s_isMade, false); // nothing is measured meanwhile
        }
    }

    /// <summary>Called when a pool ends.</summary>
    internal static void Remove(ObservedPool pool)
    {
        lock (Pools)
            Pools.RemoveAll(one => !one.TryGetTarget(out ObservedPool? alive) || alive == pool);
    }

    /// <summary>Starts to observe an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="pool">The pool.</param>
    /// <param name="caller">
    /// The activity in which the item was submitted; for a chunk of a map, the activity in which the map started.
    /// </param>
    internal ItemObservation Begin(IObservedItem item, ObservedPool pool, Activity? caller)
    {
        if (!_activities.HasListeners())
            return new ItemObservation(null, caller, pool, this);

        Activity? present = Activity.Current;
        if (present == caller)
            return new ItemObservation(Start(item.Name, caller), caller, pool, this);

        Activity.Current = caller;
        try
        {
            return new ItemObservation(Start(item.Name, caller), caller, pool, this);
        }
        finally
        {
            Activity.Current = present;
        }
    }

    /// <summary>Starts the activity of an item. It belongs to the item and does not become the caller's current activity.</summary>
    private Activity? Start(string name, Activity? outer)
    {
        // An execution context in which the current activity was reset is more expensive, for everything that the caller does later, than
        // one that never had an activity. So the caller gets its previous context back. There is none while the flow is suppressed.
        var context = ExecutionContext.Capture();
        Activity? activity = _activities.StartActivity(name);
        if (context is not null)
            ExecutionContext.Restore(context);
        else
            Activity.Current = outer;

        return activity;
    }

    /// <param name="whole">The time from the submission of the item to its end.</param>
    /// <param name="run">How long the item ran; zero if it never ran, or the time is not known.</param>
    /// <param name="tags">The pool and the outcome.</param>
    internal void Record(TimeSpan whole, TimeSpan run, in TagList tags)
    {
        _durations.Record(whole.TotalSeconds, tags);
        _waits.Record(Math.Max(0, (whole - run).TotalSeconds), tags);
        if (run > TimeSpan.Zero)
            _runs.Record(run.TotalSeconds, tags);
    }

    /// <summary>Returns the pools that have not ended.</summary>
    internal static List<ObservedPool> LivePools()
    {
        var pools = new List<ObservedPool>();
        lock (Pools)
        {
            foreach (WeakReference<ObservedPool> one in Pools)
            {
                if (one.TryGetTarget(out ObservedPool? pool))
                    pools.Add(pool);
            }
        }

        return pools;
    }

    private static IEnumerable<Measurement<long>> Each(Func<PoolSnapshot, IEnumerable<Measurement<long>>> measure) =>
        Each(pool => measure(pool.Snapshot()));

    private static IEnumerable<Measurement<long>> Each(Func<ObservedPool, IEnumerable<Measurement<long>>> measure) =>
        LivePools().SelectMany(measure);

    private static IEnumerable<Measurement<long>> QueueLength(PoolSnapshot pool) => [new(pool.QueueLength, Of(pool))];

    private static IEnumerable<Measurement<long>> Abandoned(PoolSnapshot pool) => [new(pool.Totals.AbandonedThreads, Of(pool))];

    private static IEnumerable<Measurement<long>> Memory(PoolSnapshot pool) =>
        [new(pool.Workers.Sum(static worker => worker.PrivateMemory), Of(pool))];

    private static IEnumerable<Measurement<long>> Totals(ObservedPool pool)
    {
        var name = new KeyValuePair<string, object?>("tandem.pool", pool.Options.Name);
        PoolTotals totals = pool.Events.Totals;
        List<Measurement<long>> all =
        [
            Of("started", totals.Starts), Of("start_failed", totals.FailedStarts),
            Of("timed_out", totals.Timeouts), Of("quarantined", totals.Quarantined),
        ];
        // By reason; without a reason and with the value 0 if nothing has happened yet, so that the series starts at zero.
        foreach ((string what, WorkerEventKind kind) in (ReadOnlySpan<(string, WorkerEventKind)>)
            [("crashed", WorkerEventKind.Crashed), ("killed", WorkerEventKind.Killed), ("recycled", WorkerEventKind.Recycled)])
        {
            int before = all.Count;
            foreach ((string reason, long count) in pool.Events.Reasons(kind))
                all.Add(new Measurement<long>(count, name, new("tandem.event", what), new("tandem.event.reason", reason)));

            if (all.Count == before)
                all.Add(Of(what, 0));
        }

        return all;

        Measurement<long> Of(string what, long count) => new(count, name, new("tandem.event", what));
    }

    private static IEnumerable<Measurement<long>> Traffic(ObservedPool pool)
    {
        var name = new KeyValuePair<string, object?>("tandem.pool", pool.Options.Name);
        PoolTraffic traffic = pool.Traffic;
        return [new(traffic.Sent, name, new("network.io.direction", "transmit")),
            new(traffic.Received, name, new("network.io.direction", "receive"))];
    }

    private static IEnumerable<Measurement<long>> Items(ObservedPool pool) =>
        [new(pool.Traffic.Items, new KeyValuePair<string, object?>("tandem.pool", pool.Options.Name))];

    // Includes states that no worker is in: a series that is no longer reported would seem to keep its last value.
    private static IEnumerable<Measurement<long>> Workers(PoolSnapshot pool) => States.Select(
        state => new Measurement<long>(pool.Workers.Count(worker => NameOf(worker) == state), Of(pool), new("tandem.worker.state", state)));

    /// <summary>The name of a worker's state in metrics.</summary>
    internal static string NameOf(WorkerSnapshot worker) => worker.State switch
    {
        WorkerState.Starting => "starting",
        WorkerState.Idle when worker.IsSpare => "spare",
        WorkerState.Idle => "idle",
        WorkerState.Busy => "busy",
        WorkerState.Draining => "draining",
        _ => "killing",
    };

    /// <summary>The name of an event in metrics.</summary>
    internal static string NameOf(WorkerEventKind kind) => kind switch
    {
        WorkerEventKind.Started => "started",
        WorkerEventKind.Ready => "ready",
        WorkerEventKind.Crashed => "crashed",
        WorkerEventKind.Recycled => "recycled",
        WorkerEventKind.Killed => "killed",
        WorkerEventKind.Ended => "ended",
        WorkerEventKind.StartFailed => "start_failed",
        WorkerEventKind.RestartLimitReached => "restart_limit_reached",
        WorkerEventKind.Abandoned => "abandoned",
        WorkerEventKind.StartDelayed => "start_delayed",
        _ => "quarantined",
    };

    private static KeyValuePair<string, object?> Of(PoolSnapshot pool) => new("tandem.pool", pool.Name);
}
