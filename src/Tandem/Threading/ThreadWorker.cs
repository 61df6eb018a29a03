using System.Diagnostics;
using System.Runtime.CompilerServices;
using Tandem.BackgroundWork;
using Tandem.Context;
using Tandem.Work;

namespace Tandem.Threading;

/// <summary>One thread that runs items until its pool ends, or until it is abandoned.</summary>
internal sealed class ThreadWorker
{
    private readonly ThreadEngine _engine;
    private readonly Thread _thread;
    private LocalItem? _current;
    private long _startedAt;
    private long _itemsDone;
    private int _threadId;

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

    /// <summary>Items that it has run.</summary>
    internal long ItemsDone => Volatile.Read(ref _itemsDone);

    /// <summary>Under the engine's lock: whether another thread has taken its place.</summary>
    internal bool IsAbandoned { get; set; }

    internal void Start() => _thread.UnsafeStart(); // not in the trace, or the culture, of whoever happens to need it first

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
            // What an item holds is not held by this thread while it waits for the next: hence a method of its own for each.
            while (!IsAbandoned && TryRunNext(ambient))
            {
            }
        }
        catch (Exception e)
        {
            // Ours; an item's own never come here. Without this thread the pool goes on, without this process nothing does.
            _engine.LogBackground("A thread of the pool has failed, and ends.", e);
        }
        finally
        {
            _engine.WorkerEnded(this);
        }
    }

    /// <summary>Waits for an item and runs it. False when the pool has ended.</summary>
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

        // A chunk that the pool's end has cut short.
        if (!item.IsSettled)
            item.SetException(_engine.EndOf(item));

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
            return 0; // threads need nothing of the system's, and a pool of them is no reason to begin
        }
    }

    private void RunWithin(LocalItem item, TimeSpan limit)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_engine.Aborted);
        object? state = State.Value; // building it is the worker's time, not the item's
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
        const string Note = "Its thread cannot be ended; it was given up, and goes on until the work returns. The stack of a thread of the own process cannot be taken; use WorkerPool.Processes to see it.";
        if (item.IsSettled || Volatile.Read(ref _current) != item)
            return;

        // The thread leaves the pool before the caller can submit anything else.
        _engine.Abandon(this, item);
        _engine.FailForTimeout(
            item, new WorkTimeoutException(item.NameOf(item.FirstElement), limit, _engine.Time.GetElapsedTime(start), hasStarted: true, null, Note));
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work has ended in this moment.
        }
        catch (AggregateException e)
        {
            _engine.LogBackground("A callback that was registered with an item's token failed.", e);
        }
    }

    /// <summary>What it runs, whether that is settled or not.</summary>
    internal LocalItem? Current => Volatile.Read(ref _current);

    internal bool Runs(LocalItem item)
    {
        _engine.AssertLocked();
        return Volatile.Read(ref _current) == item && !item.IsSettled;
    }
}
