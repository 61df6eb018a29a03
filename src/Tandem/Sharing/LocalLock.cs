using Tandem.BackgroundWork;

namespace Tandem.Sharing;

/// <summary>A lock among threads that can be awaited: first come, first served, and owned by nobody in particular.</summary>
/// <remarks>
/// No wake-up is lost: a waiter counts itself (full fence) and then tries once more; who leaves gives the lock up by an exchange (full
/// fence) and then looks at the count.
/// </remarks>
internal sealed class LocalLock
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<bool>> _queue = new();
    private int _owned;
    private int _waiting;

    internal bool TryTake() => Interlocked.CompareExchange(ref _owned, 1, 0) == 0;

    /// <summary>Waits for the lock; the result says whether it is owned, or the time was over first.</summary>
    internal async Task<bool> TakeAsync(int milliseconds, CancellationToken cancellation)
    {
        var waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            Interlocked.Increment(ref _waiting);
            if (TryTake())
            {
                _waiting--;
                return true;
            }

            _queue.Enqueue(waiter);
        }

        using CancellationTokenRegistration registration = Background.OnCanceled(
            static state => state.waiter.TrySetCanceled(state.cancellation), (waiter, cancellation), cancellation);
        using ITimer? timer = milliseconds < 0 ? null : Background.Timer(() => waiter.TrySetResult(false), TimeSpan.FromMilliseconds(milliseconds));
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
            if (!isOwned && !TryTake())
                return; // its new owner finds the queue

            while (_queue.TryDequeue(out TaskCompletionSource<bool>? waiter))
            {
                Interlocked.Decrement(ref _waiting);
                if (waiter.TrySetResult(true))
                    return;
            }

            // Nobody can have joined: that takes the gate.
            Interlocked.Exchange(ref _owned, 0);
        }
    }
}
