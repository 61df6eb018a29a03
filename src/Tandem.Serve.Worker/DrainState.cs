using Tandem.Serve.Protocol;

namespace Tandem.Serve.Worker;

/// <summary>Whether this worker drains, and since when. Any thread may read it, and it never changes back.</summary>
internal sealed class DrainState(TimeProvider time)
{
    private int _draining; // 1 after the worker began to drain
    private long _since; // when it began, in milliseconds of the clock; 0 before, and if it was told to stop at once
    private volatile bool _emptiesQueue; // see EmptiesQueue

    internal bool IsDraining => Volatile.Read(ref _draining) != 0;

    /// <summary>
    /// Whether the worker accepts all connections that wait in a socket before it closes the socket, because no other worker will.
    /// </summary>
    internal bool EmptiesQueue
    {
        get => _emptiesQueue;
        set => _emptiesQueue = value;
    }

    /// <summary>Begins to drain; false if the worker drains already.</summary>
    internal bool TryBegin()
    {
        if (Interlocked.Exchange(ref _draining, 1) != 0)
            return false;

        Volatile.Write(ref _since, time.GetMilliseconds());
        return true;
    }

    /// <summary>From now on the worker counts as draining, without a limit.</summary>
    internal void Skip() => Volatile.Write(ref _draining, 1);

    /// <summary>Whether it has been draining for longer than a time, in milliseconds.</summary>
    internal bool HasLasted(long milliseconds) =>
        Volatile.Read(ref _since) is > 0 and var since && time.GetMilliseconds() - since > milliseconds;
}
