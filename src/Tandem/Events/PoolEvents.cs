using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tandem.BackgroundWork;

namespace Tandem.Events;

/// <summary>Counts and logs events of a pool's workers, and raises the pool's event, in order and on the thread pool.</summary>
internal sealed class PoolEvents
{
    private readonly long[] _counts = new long[(int)WorkerEventKind.StartDelayed + 1]; // by kind; no reflection for the size: it is slow
    private readonly string _pool;
    private readonly WorkerEventKind _ready; // the event after which a worker can run items
    private readonly TimeProvider _time; // the clock of the pool
    private readonly ILogger? _logger; // null if the pool logs nothing
    private readonly Action _firstIsThere; // called at the first worker's start; may be called again
    // By kind and reason, of which there are few. Created at the first event that has a reason.
    private ConcurrentDictionary<(WorkerEventKind Kind, string Reason), long>? _reasons;
    private readonly Queue<WorkerEvent> _recent = []; // the last events with a reason, guarded by itself
    private SerialQueue? _queue; // runs loggers and handlers; created on first use
    private long _timeouts; // items that exceeded their time limit
    private int _abandoned; // threads that currently run an abandoned item

    /// <param name="options">The options of the pool.</param>
    /// <param name="ready">The event after which a worker can run items.</param>
    /// <param name="firstIsThere">Called when a worker is ready, or could not be started; may be called often.</param>
    internal PoolEvents(WorkerPoolOptions options, WorkerEventKind ready, Action firstIsThere)
    {
        _firstIsThere = firstIsThere;
        _pool = options.Name;
        _ready = ready;
        _time = options.Time;
        _logger = options.LoggerFactory?.CreateLogger("Tandem.Supervisor");
    }

    /// <summary>
    /// The pool that users hold, with their handlers. The engine refers to it weakly, so that a pool that users have dropped is
    /// collected, together with handlers that refer to it.
    /// </summary>
    internal WeakReference<IWorkerEventSource>? Pool { get; set; }

    internal PoolTotals Totals => new()
    {
        Starts = Count(WorkerEventKind.Started),
        Crashes = Count(WorkerEventKind.Crashed),
        Kills = Count(WorkerEventKind.Killed),
        Recycles = Count(WorkerEventKind.Recycled),
        FailedStarts = Count(WorkerEventKind.StartFailed),
        Timeouts = Interlocked.Read(ref _timeouts),
        Quarantined = Count(WorkerEventKind.Quarantined),
        AbandonedThreads = Volatile.Read(ref _abandoned),
    };

    /// <summary>The last events whose reason may be of interest, oldest first.</summary>
    internal WorkerEvent[] Recent
    {
        get
        {
            lock (_recent)
                return [.. _recent];
        }
    }

    /// <summary>Adds to the count of items that exceeded their time limit; a negative number corrects an earlier addition.</summary>
    internal void AddTimeouts(int change) => Interlocked.Add(ref _timeouts, change);

    /// <summary>The number of threads that still run an item that exceeded its time limit.</summary>
    internal int Abandoned => Volatile.Read(ref _abandoned);

    internal void AddAbandoned(int change) => Interlocked.Add(ref _abandoned, change);

    /// <param name="kind">The kind of event.</param>
    /// <param name="worker">The id of the worker.</param>
    /// <param name="detail">The reason as text.</param>
    /// <param name="reason">The reason for metrics: one of <see cref="EventReason"/>, or the name of a signal.</param>
    /// <param name="error">The exception that caused the event, for the log.</param>
    /// <param name="backOff">The delay of the next start.</param>
    internal void Raise(
        WorkerEventKind kind,
        int worker,
        string detail = "",
        string reason = EventReason.None,
        Exception? error = null,
        StartBackOff? backOff = null)
    {
        Interlocked.Increment(ref _counts[(int)kind]);
        if (reason.Length > 0)
            (_reasons ?? MakeReasons()).AddOrUpdate((kind, reason), 1, static (_, count) => count + 1);
        if (kind == _ready || kind == WorkerEventKind.StartFailed)
            _firstIsThere();
        bool isOrdinary = kind is WorkerEventKind.Started or WorkerEventKind.Ready or WorkerEventKind.Ended;
        IWorkerEventSource? pool = null;
        Pool?.TryGetTarget(out pool);
        EventHandler<WorkerEvent>? handler = pool?.Handlers;
        if (handler is null && _logger is null && isOrdinary)
            return;

        var happened = new WorkerEvent
        {
            Kind = kind,
            Pool = _pool,
            WorkerId = worker,
            Time = _time.GetUtcNow(),
            Detail = detail,
            BackOff = backOff
        };
        // Loggers and handlers are user code: they run neither under the locks of the caller nor on a thread where an exception would
        // terminate the process.
        if (_logger is { } logger)
            Queue(() => PoolLog.Write(logger, happened, error));
        if (!isOrdinary)
            Remember(happened);

        if (handler is not null)
            Queue(() => handler(pool, happened));
    }

    private void Queue(Action action)
    {
        if (_queue is null)
            Interlocked.CompareExchange(ref _queue, new SerialQueue(), null);

        _queue.Enqueue(action);
    }

    /// <summary>Logs that background work of the pool failed; the code that depends on it was notified.</summary>
    internal void OnBackgroundFailure(Exception error)
    {
        if (_logger is { } logger)
            Queue(() => PoolLog.BackgroundFailure(logger, error, _pool, error.Message));
    }

    /// <summary>How often an event happened, by reason.</summary>
    internal IEnumerable<(string Reason, long Count)> Reasons(WorkerEventKind kind) =>
        _reasons is null ? [] : _reasons.Where(one => one.Key.Kind == kind).Select(static one => (one.Key.Reason, one.Value));

    private ConcurrentDictionary<(WorkerEventKind Kind, string Reason), long> MakeReasons()
    {
        Interlocked.CompareExchange(ref _reasons, new(), null);
        return _reasons;
    }

    private void Remember(WorkerEvent happened)
    {
        const int Most = 8;
        lock (_recent)
        {
            if (_recent.Count == Most)
                _recent.Dequeue();
            _recent.Enqueue(happened);
        }
    }

    private long Count(WorkerEventKind kind) => Interlocked.Read(ref _counts[(int)kind]);
}
