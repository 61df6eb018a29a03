using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tandem.BackgroundWork;
using Tandem.Events;

namespace Tandem.Telemetry;

/// <summary>
/// The meter and the activity source, one for all pools of the process. They are made on the thread pool a moment after the
/// first worker is ready, or could not be started, because making them takes milliseconds that the first result would wait for.
/// </summary>
internal sealed class Instruments
{
    // Weak, because pools that nobody disposes may be collected.
    private static readonly List<WeakReference<ObservedPool>> Pools = [];
    private static readonly string[] States = ["starting", "idle", "spare", "busy", "draining", "killing"];
    private static Instruments? s_present;
    private static bool s_isMade;
    private static ITimer? s_later;

    private readonly Histogram<double> _durations;
    private readonly Histogram<double> _waits;
    private readonly Histogram<double> _runs;
    private readonly ActivitySource _activities = new(TandemTelemetry.ActivitySourceName);
    private readonly PoolEventSource _events = new();

    private Instruments()
    {
        var meter = new Meter(TandemTelemetry.MeterName);
        _durations = meter.CreateHistogram<double>("tandem.item.duration", "s", "From the submission of a work item, or of a chunk of a map, to its end.");
        _waits = meter.CreateHistogram<double>("tandem.item.wait.duration", "s", "What of an item's duration was not its run: in the queue, and on the way there and back.");
        _runs = meter.CreateHistogram<double>("tandem.item.run.duration", "s", "From the start of an item on its worker to its end.");
        meter.CreateObservableCounter("tandem.pool.events", static () => Each(Totals), "{event}", "What happened to a pool's workers and items, and why: starts, crashes, kills, recycling, time limits.");
        meter.CreateObservableCounter("tandem.pool.items", static () => Each(Items), "{item}", "Items, and elements of maps, that workers have answered.");
        meter.CreateObservableCounter("tandem.pool.io", static () => Each(Traffic), "By", "Items and outcomes that went to worker processes and came back.");
        meter.CreateObservableUpDownCounter("tandem.pool.queue.length", static () => Each(QueueLength), "{item}", "Items that wait for a worker.");
        meter.CreateObservableUpDownCounter("tandem.pool.workers", static () => Each(Workers), "{worker}", "Workers by state.");
        meter.CreateObservableUpDownCounter("tandem.pool.abandoned_threads", static () => Each(Abandoned), "{thread}", "Threads that go on with an item whose time was over.");
        meter.CreateObservableUpDownCounter("tandem.pool.memory", static () => Each(Memory), "By", "Private memory of worker processes.");
    }

    /// <summary>The instruments, once they are there.</summary>
    internal static Instruments? Present => Volatile.Read(ref s_present);

    /// <summary>Whether somebody wants to know about single items.</summary>
    internal bool WantsItems => _durations.Enabled || _runs.Enabled || _waits.Enabled || _activities.HasListeners();

    /// <summary>A pool was made.</summary>
    internal static void Add(ObservedPool pool)
    {
        lock (Pools)
            Pools.Add(new WeakReference<ObservedPool>(pool));
    }

    /// <summary>A pool has a worker, which may have an item: what somebody waits for comes first.</summary>
    internal static void MakeSoon()
    {
        const int Moment = 100; // milliseconds
        if (Volatile.Read(ref s_later) is not null || Volatile.Read(ref s_isMade))
            return;

        Volatile.Write(ref s_later, Background.Timer(TryMake, TimeSpan.FromMilliseconds(Moment)));
    }

    /// <summary>An item is submitted, before there is a worker, by a caller that is traced: its trace is worth the wait. Null where they cannot be made.</summary>
    internal static Instruments? MakeNow()
    {
        TryMake();
        SpinWait.SpinUntil(static () => Present is not null || !Volatile.Read(ref s_isMade)); // somebody else may be at it
        return Present;
    }

    /// <summary>Also on a timer, where an error would end the process: who needs what cannot be loaded or made now, tries again.</summary>
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

    /// <summary>A pool ends.</summary>
    internal static void Remove(ObservedPool pool)
    {
        lock (Pools)
            Pools.RemoveAll(one => !one.TryGetTarget(out ObservedPool? alive) || alive == pool);
    }

    /// <summary>Begins to observe an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="pool">The pool.</param>
    /// <param name="caller">The activity in which it was submitted; of a chunk of a map, in which the map began.</param>
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

    /// <summary>Starts an item's activity. It is the item's, so it does not become the caller's current one.</summary>
    private Activity? Start(string name, Activity? outer)
    {
        // A context in which no activity is current any more is dearer than one that never had any, for all that the caller does later:
        // so it gets back what it had. There is none while its flow is suppressed.
        var context = ExecutionContext.Capture();
        Activity? activity = _activities.StartActivity(name);
        if (context is not null)
            ExecutionContext.Restore(context);
        else
            Activity.Current = outer;

        return activity;
    }

    /// <param name="whole">From the submission of an item to its end.</param>
    /// <param name="run">How long it ran; zero when it never did, or nobody can tell.</param>
    /// <param name="tags">Of which pool it was, and what came of it.</param>
    internal void Record(TimeSpan whole, TimeSpan run, in TagList tags)
    {
        _durations.Record(whole.TotalSeconds, tags);
        _waits.Record(Math.Max(0, (whole - run).TotalSeconds), tags);
        if (run > TimeSpan.Zero)
            _runs.Record(run.TotalSeconds, tags);
    }

    /// <summary>The pools that have not ended.</summary>
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

    private static IEnumerable<Measurement<long>> Each(Func<PoolSnapshot, IEnumerable<Measurement<long>>> measure) => Each(pool => measure(pool.Snapshot()));

    private static IEnumerable<Measurement<long>> Each(Func<ObservedPool, IEnumerable<Measurement<long>>> measure) => LivePools().SelectMany(measure);

    private static IEnumerable<Measurement<long>> QueueLength(PoolSnapshot pool) => [new(pool.QueueLength, Of(pool))];

    private static IEnumerable<Measurement<long>> Abandoned(PoolSnapshot pool) => [new(pool.Totals.AbandonedThreads, Of(pool))];

    private static IEnumerable<Measurement<long>> Memory(PoolSnapshot pool) => [new(pool.Workers.Sum(static worker => worker.PrivateMemory), Of(pool))];

    private static IEnumerable<Measurement<long>> Totals(ObservedPool pool)
    {
        var name = new KeyValuePair<string, object?>("tandem.pool", pool.Options.Name);
        PoolTotals totals = pool.Events.Totals;
        List<Measurement<long>> all =
        [
            Of("started", totals.Starts), Of("start_failed", totals.FailedStarts), Of("timed_out", totals.Timeouts), Of("quarantined", totals.Quarantined),
        ];
        // By reason, and without one where nothing has happened yet, so that there is a zero to rise from.
        foreach ((string what, WorkerEventKind kind) in (ReadOnlySpan<(string, WorkerEventKind)>)[("crashed", WorkerEventKind.Crashed), ("killed", WorkerEventKind.Killed), ("recycled", WorkerEventKind.Recycled)])
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
        return [new(traffic.Sent, name, new("network.io.direction", "transmit")), new(traffic.Received, name, new("network.io.direction", "receive"))];
    }

    private static IEnumerable<Measurement<long>> Items(ObservedPool pool) => [new(pool.Traffic.Items, new KeyValuePair<string, object?>("tandem.pool", pool.Options.Name))];

    // Also the states that no worker is in: a value that is not told any more would look like the last one.
    private static IEnumerable<Measurement<long>> Workers(PoolSnapshot pool) => States.Select(
        state => new Measurement<long>(pool.Workers.Count(worker => NameOf(worker) == state), Of(pool), new("tandem.worker.state", state)));

    /// <summary>A worker's state, as metrics call it.</summary>
    internal static string NameOf(WorkerSnapshot worker) => worker.State switch
    {
        WorkerState.Starting => "starting",
        WorkerState.Idle when worker.IsSpare => "spare",
        WorkerState.Idle => "idle",
        WorkerState.Busy => "busy",
        WorkerState.Draining => "draining",
        _ => "killing",
    };

    /// <summary>What happened to a worker, as metrics call it.</summary>
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
