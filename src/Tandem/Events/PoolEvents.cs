using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tandem.BackgroundWork;

namespace Tandem.Events;

/// <summary>Tells what happens to a pool's workers: counts it, logs it, and raises the pool's event, in order and on the thread pool.</summary>
internal sealed class PoolEvents
{
    private const int FailureId = 100;

    private readonly long[] _counts = new long[(int)WorkerEventKind.StartDelayed + 1]; // by kind; reflection would cost a program's start
    private readonly string _pool;
    private readonly WorkerEventKind _ready;
    private readonly ILogger? _logger;
    private readonly Action _firstIsThere;
    // By kind and reason, of which there are few. Made when the first worker is not as it should be.
    private ConcurrentDictionary<(WorkerEventKind Kind, string Reason), long>? _reasons;
    private readonly Queue<WorkerEvent> _recent = [];
    private SerialQueue? _queue;
    private long _timeouts;
    private int _abandoned;

    /// <param name="options">Of the pool.</param>
    /// <param name="ready">What is raised when a worker takes items from now on.</param>
    /// <param name="firstIsThere">Called when a worker is ready, or could not be started; may be called often.</param>
    internal PoolEvents(WorkerPoolOptions options, WorkerEventKind ready, Action firstIsThere)
    {
        _firstIsThere = firstIsThere;
        _pool = options.Name;
        _ready = ready;
        _logger = options.LoggerFactory?.CreateLogger("Tandem.Supervisor");
    }

    /// <summary>
    /// The pool that users hold, with their handlers. Weakly, as everything that an engine knows of it: a pool that they have forgotten
    /// is collected, and so are handlers that hold it.
    /// </summary>
    internal WeakReference<IWorkerEventSource>? Pool { get; set; }

    internal PoolTotals Totals => new(
        Count(WorkerEventKind.Started),
        Count(WorkerEventKind.Crashed),
        Count(WorkerEventKind.Killed),
        Count(WorkerEventKind.Recycled),
        Count(WorkerEventKind.StartFailed),
        Interlocked.Read(ref _timeouts),
        Count(WorkerEventKind.Quarantined),
        Volatile.Read(ref _abandoned));

    /// <summary>The last things that happened and that somebody may want to know the reason of, oldest first.</summary>
    internal WorkerEvent[] Recent
    {
        get
        {
            lock (_recent)
                return [.. _recent];
        }
    }

    /// <summary>Counts items that passed their time limit; a negative number takes back what was counted.</summary>
    internal void AddTimeouts(int change) => Interlocked.Add(ref _timeouts, change);

    /// <summary>Threads that go on with an item whose time was over.</summary>
    internal int Abandoned => Volatile.Read(ref _abandoned);

    internal void AddAbandoned(int change) => Interlocked.Add(ref _abandoned, change);

    /// <param name="kind">What has happened.</param>
    /// <param name="worker">To which worker.</param>
    /// <param name="detail">Why, for people.</param>
    /// <param name="reason">Why, for counting: one of <see cref="EventReason"/>, or the name of a signal.</param>
    /// <param name="error">The error behind it, for the log.</param>
    /// <param name="backOff">What the next start waits for.</param>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "Users compare the time of an event with their logs.")]
    internal void Raise(
        WorkerEventKind kind, int worker, string detail = "", string reason = EventReason.None, Exception? error = null, StartBackOff? backOff = null)
    {
        Interlocked.Increment(ref _counts[(int)kind]);
        if (reason.Length > 0)
            (_reasons ?? MakeReasons()).AddOrUpdate((kind, reason), 1, static (_, count) => count + 1);
        if (kind == _ready || kind == WorkerEventKind.StartFailed)
            _firstIsThere();
        // Loggers and handlers are user code: neither under the locks under which things happen, nor on threads that would end the process.
        if (_logger is not null)
            Queue(() => Log(kind, worker, detail, error));

        bool isOrdinary = kind is WorkerEventKind.Started or WorkerEventKind.Ready or WorkerEventKind.Ended;
        IWorkerEventSource? pool = null;
        Pool?.TryGetTarget(out pool);
        EventHandler<WorkerEvent>? handler = pool?.Handlers;
        if (handler is null && isOrdinary)
            return;

        var happened = new WorkerEvent(kind, _pool, worker, DateTimeOffset.UtcNow, detail) { BackOff = backOff };
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

    /// <summary>Background work of the pool failed, and what depended on it was told.</summary>
    internal void OnBackgroundFailure(Exception error)
    {
        if (_logger is not null)
            Queue(() => LogFailure(error));
    }

    /// <summary>How often something happened, by the reason.</summary>
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

    private void LogFailure(Exception error) =>
        _logger!.Log(LogLevel.Error, new EventId(FailureId, "BackgroundFailure"), error, "Background work of '{Pool}' failed: {Error}", _pool, error.Message);

    private void Log(WorkerEventKind kind, int worker, string detail, Exception? error)
    {
        LogLevel level = kind switch
        {
            WorkerEventKind.StartFailed or WorkerEventKind.RestartLimitReached or WorkerEventKind.Quarantined => LogLevel.Error,
            WorkerEventKind.Crashed or WorkerEventKind.Killed or WorkerEventKind.Abandoned or WorkerEventKind.StartDelayed => LogLevel.Warning,
            WorkerEventKind.Recycled => LogLevel.Information,
            _ => LogLevel.Debug,
        };
        var id = new EventId((int)kind + 1, kind.ToString());
        if (detail.Length == 0)
            _logger!.Log(level, id, error, "Worker {WorkerId} of '{Pool}': {Kind}", worker, _pool, kind);
        else
            _logger!.Log(level, id, error, "Worker {WorkerId} of '{Pool}': {Kind}. {Detail}", worker, _pool, kind, detail);
    }
}
