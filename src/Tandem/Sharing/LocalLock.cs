using Tandem.BackgroundWork;

namespace Tandem.Sharing;

/// <summary>A lock for threads that can be awaited. Waiters get it in first-come, first-served order; no thread owns it.</summary>
/// <remarks>
/// No wake-up is lost: a waiter increments the count of waiters (full fence) and then tries again to acquire the lock. The owner releases
/// the lock by an exchange (full fence) and then reads the count. Model: docs/models/c/local-lock.c.
/// </remarks>
internal sealed class LocalLock
{
    private readonly Lock _gate = new(); // guards the queue
    private readonly Queue<TaskCompletionSource<bool>> _queue = new(); // the waiters, in order of arrival
    private int _owned; // 1 while the lock is owned
    private int _waiting; // the number of waiters; incremented before they try again

    internal bool TryAcquire() => Interlocked.CompareExchange(ref _owned, 1, 0) == 0;

    /// <summary>Waits for the lock. Returns false if the time-out elapses first.</summary>
    internal async Task<bool> AcquireAsync(int milliseconds, CancellationToken cancellation)
    {
        var waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            Interlocked.Increment(ref _waiting);
            if (TryAcquire())
            {
                _waiting--;
                return true;
            }

            _queue.Enqueue(waiter);
        }

        using CancellationTokenRegistration registration = Background.OnCanceled(
            static state => state.waiter.TrySetCanceled(state.cancellation), (waiter, cancellation), cancellation);
        using ITimer? timer = milliseconds < 0
            ? null
            : Background.Timer(() => waiter.TrySetResult(false), TimeSpan.FromMilliseconds(milliseconds));
        return await waiter.Task.ConfigureAwait(false);
    }

    internal void Release()
    {
        if (Volatile.Read(ref _waiting) == 0)
        {
            Interlocked.Exchange(ref _owned, 0);
            if (Volatile.Read(ref _waiting) == 0)
                return;

            HandOver(isOwned: false);
            return;
        }

        HandOver(isOwned: true);
    }

    private void HandOver(bool isOwned)
    {
        lock (_gate)
        {
            if (!isOwned && !TryAcquire())
                return; // the new owner serves the queue when it releases the lock

            while (_queue.TryDequeue(out TaskCompletionSource<bool>? waiter))
            {
                Interlocked.Decrement(ref _waiting);
                if (waiter.TrySetResult(true))
                    return;
            }

            // The queue is empty, and joining it requires the gate.
            Interlocked.Exchange(ref _owned, 0);
        }
    }
}
