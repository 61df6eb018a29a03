using System.Diagnostics;
using Tandem.Telemetry;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>The state of one worker, built by the first item that needs it, or not at all.</summary>
internal sealed class ThreadWorkerState(Func<object?>? factory)
{
    private readonly Lazy<object?>? _value = factory is null ? null : new Lazy<object?>(factory, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <exception cref="WorkerStartException">The factory failed.</exception>
    internal object? Value
    {
        get
        {
            try
            {
                return _value?.Value;
            }
            catch (Exception e)
            {
                throw new WorkerStartException($"The state of a worker could not be built: {e.Message}", e);
            }
        }
    }

    internal async ValueTask DisposeAsync()
    {
        if (_value is not { IsValueCreated: true })
            return;

        if (_value.Value is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync().ConfigureAwait(false);
        else if (_value.Value is IDisposable disposable)
            disposable.Dispose();
    }
}

/// <summary>One thread that runs items until its pool ends, or until it is abandoned.</summary>
internal sealed class ThreadWorker
{
    private readonly ThreadEngine _engine;
    private readonly Thread _thread;
    private WorkItem? _current;
    private long _startedAt;
    private long _itemsDone;
    private int _threadId;

    internal ThreadWorker(ThreadEngine engine, ThreadWorkerState state, int number)
    {
        _engine = engine;
        State = state;
        Number = number;
        _thread = Background.Thread($"{engine.Options.Name} {number}", 0, Run, engine.Events.OnBackgroundFailure);
    }

    /// <summary>Unique in the pool.</summary>
    internal int Number { get; }

    internal ThreadWorkerState State { get; }

    /// <summary>Items that it has run.</summary>
    internal long ItemsDone => Volatile.Read(ref _itemsDone);

    /// <summary>Under the engine's lock: whether another thread has taken its place.</summary>
    internal bool IsAbandoned { get; set; }

    internal void Start() => _thread.UnsafeStart(); // not in the trace, or the culture, of whoever happens to need it first

    internal WorkerSnapshot Snapshot()
    {
        WorkItem? item = Volatile.Read(ref _current);
        return new WorkerSnapshot(
            Number,
            item is null ? WorkerState.Idle : WorkerState.Busy,
            false,
            item?.NameOf(item.FirstElement),
            item is null ? TimeSpan.Zero : Stopwatch.GetElapsedTime(Volatile.Read(ref _startedAt)),
            item is null ? 0 : 1,
            ItemsDone,
            0)
        {
            ThreadId = Volatile.Read(ref _threadId),
        };
    }

    private void Run()
    {
        _threadId = SystemThreadId();
        try
        {
            while (!IsAbandoned && _engine.Take() is { } item)
            {
                Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
                Volatile.Write(ref _current, item);
                try
                {
                    if (item.Limits?.Timeout is { } limit)
                        RunWithin(item, limit);
                    else
                        Run(item, State.Value, _engine.Aborted);
                }
                catch (Exception e)
                {
                    item.SetException(e);
                }

                _itemsDone += Math.Max(1, item.ElementCount);
                Volatile.Write(ref _current, null);
            }
        }
        finally
        {
            _engine.WorkerEnded(this);
        }
    }

    private static int SystemThreadId()
    {
        try
        {
            return OperatingSystem.IsLinux() ? Interop.Libc.GetThreadId() : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return 0; // threads need nothing of the system's, and a pool of them is no reason to begin
        }
    }

    private void RunWithin(WorkItem item, TimeSpan limit)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_engine.Aborted);
        object? state = State.Value; // building it is the worker's time, not the item's
        long start = Stopwatch.GetTimestamp();
        // Set only when the variable holds it.
        ITimer timer = null!;
        timer = Background.Timer(
            () =>
            {
                // Timers count in coarser steps than the clock.
                TimeSpan rest = limit - Stopwatch.GetElapsedTime(start);
                if (rest > TimeSpan.Zero)
                    timer.Change(rest + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                else
                    OnTimeout(item, limit, start, stop);
            },
            Timeout.InfiniteTimeSpan,
            _engine.Events.OnBackgroundFailure);
        using (timer)
        {
            timer.Change(limit, Timeout.InfiniteTimeSpan);
            Run(item, state, stop.Token);
        }
    }

    private static void Run(WorkItem item, object? state, CancellationToken aborted)
    {
        if (item.DetailsIfAny?.Observation is not { } observation)
        {
            item.RunLocally(state, aborted);
            return;
        }

        using (observation.Begin())
            item.RunLocally(state, aborted);
    }

    private void OnTimeout(WorkItem item, TimeSpan limit, long start, CancellationTokenSource stop)
    {
        const string Note = "Its thread cannot be ended; it was given up, and goes on until the work returns. The stack of a thread of the own process cannot be taken; use WorkerPool.Processes to see it.";
        if (item.IsSettled || Volatile.Read(ref _current) != item)
            return;

        // The thread leaves the pool before the caller can submit anything else.
        _engine.Abandon(this, item);
        _engine.Events.FailForTimeout(
            item, new WorkTimeoutException(item.NameOf(item.FirstElement), limit, Stopwatch.GetElapsedTime(start), hasStarted: true, null, Note));
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work has ended in this moment.
        }
    }

    /// <summary>Under the engine's lock.</summary>
    internal bool Runs(WorkItem item) => Volatile.Read(ref _current) == item && !item.IsSettled;
}
