using System.Diagnostics;

namespace Tandem.BackgroundWork;

/// <summary>
/// Lets a thread of the thread pool wait for an event for a few milliseconds, instead of returning to the thread pool. A thread that
/// returns there without work spins for 0.1 to 0.4 ms before it sleeps, and then another thread has to be woken for what follows the event.
/// </summary>
/// <remarks>
/// The wait takes next to nothing from other work: it begins only if no other work waits for a thread, and it ends within four
/// milliseconds when some does. Shorter slices cost more than they are worth: each takes about 25 µs of processor time.
/// </remarks>
internal sealed class BriefWait
{
    /// <summary>
    /// Nobody waits for what is expected to take longer. This limits the harm if the current thread has other things to do.
    /// </summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(15);

    /// <summary>How often a wait checks whether other work waits for a thread, in milliseconds.</summary>
    private const int Slice = 4;

    private readonly object _lock = new(); // guards all fields below
    private bool _isSet;
    private bool _isAwaited;

    /// <summary>
    /// Whether the current thread may wait. It must belong to the thread pool, and no synchronization context or scheduler may need it. No
    /// other work may wait for a thread, and not more threads may be at work than the thread pool runs without delay.
    /// </summary>
    /// <param name="ownWork">How much work the caller itself may just have queued.</param>
    internal static bool IsAllowed(int ownWork = 0)
    {
        if (!Thread.CurrentThread.IsThreadPoolThread || SynchronizationContext.Current is not null
            || TaskScheduler.Current != TaskScheduler.Default || ThreadPool.PendingWorkItemCount > ownWork)
        {
            return false;
        }

        ThreadPool.GetMinThreads(out int withoutDelay, out _);
        ThreadPool.GetMaxThreads(out int maximum, out _);
        ThreadPool.GetAvailableThreads(out int available, out _);
        return withoutDelay > 1 && maximum - available <= withoutDelay;
    }

    /// <summary>Ends the current wait, or the next one.</summary>
    internal void Set()
    {
        lock (_lock)
        {
            _isSet = true;
            if (_isAwaited)
                Monitor.Pulse(_lock);
        }
    }

    /// <summary>Forgets earlier events. The caller checks afterwards whether it still has to wait.</summary>
    internal void Reset()
    {
        lock (_lock)
            _isSet = false;
    }

    /// <summary>
    /// Waits for the event, but not longer than a time limit, and only until other work waits for a thread. To be called if
    /// <see cref="IsAllowed"/>.
    /// </summary>
    /// <returns>Whether the event has occurred.</returns>
    internal bool Wait(TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            lock (_lock)
            {
                _isAwaited = true;
                if (!_isSet)
                    Monitor.Wait(_lock, Slice);
                _isAwaited = false;
                if (_isSet)
                    return true;
            }

            if (ThreadPool.PendingWorkItemCount != 0 || Stopwatch.GetElapsedTime(start) >= limit)
                return false;
        }
    }
}
