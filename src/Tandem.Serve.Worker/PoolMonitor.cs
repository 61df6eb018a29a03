using Tandem.Interop;
using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>
/// Checks whether the thread pool serves queued work. A work item is queued with every heartbeat, and how long it waits shows how long
/// requests wait. A pool whose threads are all blocked gets another thread once or twice per second and so serves something now and then;
/// that alone does not prove that it works.
/// </summary>
/// <param name="own">Where the result is published.</param>
/// <param name="settings">The limits.</param>
/// <param name="time">The worker's clock.</param>
internal sealed class PoolMonitor(PublishedState own, WorkerSettings settings, TimeProvider time)
{
    private const string PoolThread = ".NET TP Worker";

    /// <summary>A wait counts as long from this fraction (1/n) of the hang limit on, and from the minimum below, in milliseconds.</summary>
    private const int PartOfHang = 20;
    private const int MinLongWait = 150;

    /// <summary>After this many work items in a row that did not wait long, the pool no longer counts as starved.</summary>
    private const int PromptTurns = 4;

    private long _queuedAt; // when the waiting work item was queued, in milliseconds of the clock; 0 if none waits
    private int _promptTurns; // how many work items in a row did not wait long; used by the work item only, and one exists at a time
    private volatile bool _isBlocked; // whether the pool's threads were blocked at the last check
    private long _completedBefore; // completed requests when the pool became starved; used by the heartbeat thread only

    private long LongWait => Math.Max(MinLongWait, settings.HangLimit / PartOfHang);

    /// <summary>Checks the pool; called on the heartbeat thread.</summary>
    internal void Check()
    {
        long now = time.GetMilliseconds();
        long queuedAt = Volatile.Read(ref _queuedAt);
        CheckThreads(queuedAt == 0 ? own.Entry.QueueWait : now - queuedAt);
        if (queuedAt != 0)
        {
            if (settings.HangLimit > 0 && now - queuedAt >= LongWait)
                OnLongWait(queuedAt);
            return;
        }

        // Not a timer, because timer callbacks run before queued work items: this shows that the pool's queue is served.
        Volatile.Write(ref _queuedAt, now);
        ThreadPool.UnsafeQueueUserWorkItem(static monitor => monitor.OnPoolServed(), this, preferLocal: false);
    }

    /// <summary>The work item; runs on a thread of the pool.</summary>
    private void OnPoolServed()
    {
        long now = time.GetMilliseconds();
        own.Entry.SetQueue(now - _queuedAt, _isBlocked);
        _promptTurns = now - _queuedAt < LongWait ? _promptTurns + 1 : 0;
        if (_promptTurns >= PromptTurns)
            Volatile.Write(ref own.Entry.StarvedSince, 0);

        Volatile.Write(ref own.Entry.PoolServedAt, now);
        Volatile.Write(ref _queuedAt, 0);
    }

    /// <summary>
    /// Handles a long wait. The wait does not count if the threads are busy, or if requests complete: then there is more work than the
    /// processors, or a service behind the application, can do.
    /// </summary>
    private void OnLongWait(long queuedAt)
    {
        long since = Volatile.Read(ref own.Entry.StarvedSince);
        int threads = CountPoolThreads(out int running);
        bool isBlocked = threads > 0 && running * 4 <= threads;
        if (!isBlocked || (since != 0 && Volatile.Read(ref own.Entry.Completed) - _completedBefore >= threads))
        {
            Volatile.Write(ref own.Entry.StarvedSince, 0);
            return;
        }

        if (since != 0)
            return;

        _completedBefore = Volatile.Read(ref own.Entry.Completed);
        Volatile.Write(ref own.Entry.StarvedSince, queuedAt);
    }

    /// <summary>
    /// If work waits, determines whether the pool's threads are blocked. In that case more workers help, because they have more threads. If
    /// the threads run or wait for a processor, more workers would only compete for the processors.
    /// </summary>
    private void CheckThreads(long wait)
    {
        bool isBlocked = false;
        if (settings.ScaleWait > 0 && (wait >= settings.ScaleWait || ThreadPool.PendingWorkItemCount > 0))
        {
            int threads = CountPoolThreads(out int running);
            isBlocked = threads > 0 && running * 4 <= threads;
        }

        _isBlocked = isBlocked;
        own.Entry.SetQueue(wait, isBlocked);
    }

    /// <summary>Counts the pool's threads, and how many of them run or wait for a processor.</summary>
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
            return 0; // unknown without /proc
        }

        return threads;
    }
}
