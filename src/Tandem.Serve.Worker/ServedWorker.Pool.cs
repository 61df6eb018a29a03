using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <content>
/// Whether the thread pool serves what is queued. Something is queued with every beat; how long it waits is how long requests wait. A pool whose threads
/// are all blocked gets another thread once or twice in a second, so that something is served now and then: that alone is no sign of life.
/// </content>
internal sealed partial class ServedWorker
{
    private const string PoolThread = ".NET TP Worker";

    /// <summary>What part of the time for a hang is a long wait, and no less than so many milliseconds.</summary>
    private const int PartOfHang = 20;
    private const int LeastLongWait = 150;

    /// <summary>After how many turns without a long wait, one behind the other, the pool is not starved any more.</summary>
    private const int PromptTurns = 4;

    private long _queuedAt; // when what waits now was queued; 0 for nothing
    private int _promptTurns;
    private volatile bool _isBlocked;
    private long _completedBefore; // requests, when it began to be starved

    private long LongWait => Math.Max(LeastLongWait, Settings.HangLimit / PartOfHang);

    /// <summary>On the thread that shows that this process lives.</summary>
    private void LookAtPool()
    {
        long now = Environment.TickCount64;
        long queuedAt = Volatile.Read(ref _queuedAt);
        LookAtThreads(queuedAt == 0 ? Entry.QueueWait : now - queuedAt);
        if (queuedAt != 0)
        {
            if (Settings.HangLimit > 0 && now - queuedAt >= LongWait)
                OnLongWait(queuedAt);
            return;
        }

        // Not a timer, whose callbacks go ahead of all else: this shows that what waits in the pool's queue is served.
        Volatile.Write(ref _queuedAt, now);
        ThreadPool.UnsafeQueueUserWorkItem(static worker => worker.OnPoolTurn(), this, preferLocal: false);
    }

    /// <summary>On a thread of the pool.</summary>
    private void OnPoolTurn()
    {
        long now = Environment.TickCount64;
        Entry.SetQueue(now - _queuedAt, _isBlocked);
        _promptTurns = now - _queuedAt < LongWait ? _promptTurns + 1 : 0;
        if (_promptTurns >= PromptTurns)
            Volatile.Write(ref Entry.StarvedSince, 0);

        Volatile.Write(ref Entry.PoolServedAt, now);
        Volatile.Write(ref _queuedAt, 0);
    }

    /// <summary>A long wait says nothing where the threads are busy, or requests are done: then there is more work than processors, or than a service behind this one can do.</summary>
    private void OnLongWait(long queuedAt)
    {
        long since = Volatile.Read(ref Entry.StarvedSince);
        int threads = CountPoolThreads(out int running);
        bool isBlocked = threads > 0 && running * 4 <= threads;
        if (!isBlocked || (since != 0 && Volatile.Read(ref Entry.Completed) - _completedBefore >= threads))
        {
            Volatile.Write(ref Entry.StarvedSince, 0);
            return;
        }

        if (since != 0)
            return;

        _completedBefore = Volatile.Read(ref Entry.Completed);
        Volatile.Write(ref Entry.StarvedSince, queuedAt);
    }

    /// <summary>
    /// Where work waits, whether that is because the pool's threads are blocked: then other workers help, which have threads too. Where they run, or
    /// wait for a processor, they would only have to wait for one as well.
    /// </summary>
    private void LookAtThreads(long wait)
    {
        bool isBlocked = false;
        if (Settings.ScaleWait > 0 && (wait >= Settings.ScaleWait || ThreadPool.PendingWorkItemCount > 0))
        {
            int threads = CountPoolThreads(out int running);
            isBlocked = threads > 0 && running * 4 <= threads;
        }

        _isBlocked = isBlocked;
        Entry.SetQueue(wait, isBlocked);
    }

    /// <summary>The pool's threads, and how many of them run or wait for a processor.</summary>
    private static int CountPoolThreads(out int running)
    {
        int threads = 0;
        running = 0;
        try
        {
            foreach (string folder in Directory.EnumerateDirectories("/proc/self/task"))
            {
                if (ProcStat.Of(folder) is not { } thread || thread.Name != PoolThread)
                    continue;

                threads++;
                if (thread.State == 'R')
                    running++;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // without /proc nobody can say
        }

        return threads;
    }
}
