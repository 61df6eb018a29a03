using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>
/// A place at the end of the thread pool's queue: when its turn comes, all that waited before it has begun. A thread that waits for it
/// goes on at the very moment in which the pool can take more; one that looked again from time to time would leave the pool with
/// nothing to do in between, or would have to keep more waiting than the pool needs.
/// </summary>
/// <remarks>
/// For one thread that waits. The word says whether the place is taken; the kernel looks at it again before it lets that thread sleep,
/// so the turn cannot come unseen between the thread's look and its sleep. Nothing else is handed over by it.
/// </remarks>
internal sealed unsafe class PoolTurn : IThreadPoolWorkItem
{
    private const int Free = 0;
    private const int Taken = 1;

    // A futex rather than a monitor: its waker has no lock that the woken thread would have to wait for.
    private readonly int[] _place = GC.AllocateArray<int>(1, pinned: true);

    private int* Place
    {
        get
        {
            fixed (int* place = _place)
                return place; // it is pinned for good
        }
    }

    /// <summary>Waits until its turn comes.</summary>
    /// <returns>Whether that was within this time; else it keeps its place, for the next call.</returns>
    internal bool Wait(int milliseconds)
    {
        if (Interlocked.Exchange(ref _place[0], Taken) == Free)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

        Libc.FutexWait(Place, Taken, milliseconds);
        return Volatile.Read(ref _place[0]) == Free;
    }

    public void Execute()
    {
        Volatile.Write(ref _place[0], Free);
        Libc.FutexWake(Place);
    }
}
