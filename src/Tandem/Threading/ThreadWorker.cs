using System.Diagnostics;
using System.Runtime.CompilerServices;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>A thread that runs items until its pool ends, or until it is abandoned.</summary>
internal sealed class ThreadWorker
{
    /// <summary>Of so many calls one is measured.</summary>
    private const int MeasuredPeriod = 16;

    private readonly ThreadEngine _engine; // the pool
    private readonly Thread _thread; // the thread that runs the items
    private LocalItem? _current; // the running item; null if idle
    private long _startedAt; // when the running item started, as a timestamp
    private long _itemsDone; // items that have run; written by this thread only
    private int _threadId; // the operating system's id; 0 if unknown

    internal ThreadWorker(ThreadEngine engine, ThreadWorkerState state, int number)
    {
        _engine = engine;
        State = state;
        state.Users++;
        Number = number;
        _thread = Background.Thread($"{engine.Options.Name} {number}", 0, Run, engine.Events.OnBackgroundFailure);
    }

    /// <summary>Unique in the pool.</summary>
    internal int Number { get; }

    internal ThreadWorkerState State { get; }

    /// <summary>The number of items that the worker has run.</summary>
    internal long ItemsDone => Volatile.Read(ref _itemsDone);

    /// <summary>Whether another thread has replaced this one. Guarded by the engine's lock.</summary>
    internal bool IsAbandoned { get; set; }

    // Without the execution context (the trace, the culture) of the code that happens to need the worker first.
    internal void Start() => _thread.UnsafeStart();

    internal WorkerSnapshot Snapshot()
    {
        LocalItem? item = Volatile.Read(ref _current);
        return new WorkerSnapshot
        {
            Id = Number,
            State = item is null ? WorkerState.Idle : WorkerState.Busy,
            CurrentItem = item?.NameOf(item.FirstElement),
            CurrentItemAge = item is null ? TimeSpan.Zero : Stopwatch.GetElapsedTime(Volatile.Read(ref _startedAt)),
            InFlight = item is null ? 0 : 1,
            ItemsDone = ItemsDone,
            ThreadId = Volatile.Read(ref _threadId),
        };
    }

    private void Run()
    {
        _threadId = SystemThreadId();
        PoolEngine.OnEmptyContext();
        AmbientState ambient = AmbientState.OfThread;
        try
        {
            // A method of its own runs each item, so that no local variable keeps an item alive while the thread waits for the next one.
            while (!IsAbandoned && TryRunNext(ambient))
            {
            }
        }
        catch (Exception e)
        {
            // An internal error, because exceptions of items are caught earlier. The pool works without this thread, but not without the
            // process.
            _engine.LogBackground("A thread of the pool has failed, and ends.", e);
        }
        finally
        {
            _engine.WorkerEnded(this);
        }
    }

    /// <summary>Waits for an item and runs it. False if the worker must end.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryRunNext(AmbientState ambient)
    {
        if (_engine.Take() is not { } item)
            return false;

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

        // The end of the pool has interrupted a chunk.
        if (!item.IsSettled)
            item.SetException(_engine.EndOf(item));

        // Reading the clock takes a good part of a tiny item, so few of them are measured.
        if (item.Chunk is null && (_itemsDone % MeasuredPeriod == 0 || _engine.CallsAreLong))
            _engine.MeasureCall(Stopwatch.GetTimestamp() - _startedAt);

        ambient.Reset();
        _itemsDone += Math.Max(1, item.ElementCount);
        Volatile.Write(ref _current, null);
        return true;
    }

    private static int SystemThreadId()
    {
        try
        {
            return OperatingSystem.IsLinux() ? Interop.Libc.GetThreadId() : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return 0; // the id is only for diagnostics, so a missing library must not fail the worker
        }
    }

    private void RunWithin(LocalItem item, TimeSpan limit)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_engine.Aborted);
        object? state = State.Value; // built before the limit starts, because the item is not responsible for it
        TimeProvider time = _engine.Time;
        long start = time.GetTimestamp();
        // Set only when the variable holds it.
        ITimer timer = null!;
        timer = Background.Timer(
            time,
            () =>
            {
                // Timers count in coarser steps than the clock.
                TimeSpan rest = limit - time.GetElapsedTime(start);
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

    private static void Run(LocalItem item, object? state, CancellationToken aborted)
    {
        ItemDetails? details = item.DetailsIfAny;
        details?.Cultures?.Apply();
        if (details?.Observation is not { } observation)
        {
            item.Run(state, aborted);
            return;
        }

        using (observation.Begin())
            item.Run(state, aborted);
    }

    private void OnTimeout(LocalItem item, TimeSpan limit, long start, CancellationTokenSource stop)
    {
        const string Note = "Its thread cannot be killed: the pool has abandoned it, and it runs until the work returns. "
            + "The stack of a thread of this process cannot be read; use WorkerPool.Processes to see the stack.";
        if (item.IsSettled || Volatile.Read(ref _current) != item)
            return;

        // First, so that the thread has left the pool before the caller can submit anything else.
        _engine.Abandon(this, item);
        _engine.FailForTimeout(
            item,
            new WorkTimeoutException(
                item.NameOf(item.FirstElement), limit, _engine.Time.GetElapsedTime(start), hasStarted: true, null, Note));
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work has just completed.
        }
        catch (AggregateException e)
        {
            _engine.LogBackground("A callback that was registered with an item's token failed.", e);
        }
    }

    /// <summary>The item that the thread runs, settled or not; null if idle.</summary>
    internal LocalItem? Current => Volatile.Read(ref _current);

    internal bool Runs(LocalItem item)
    {
        _engine.AssertLocked();
        return Volatile.Read(ref _current) == item && !item.IsSettled;
    }
}
