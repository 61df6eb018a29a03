using Tandem.Interop;

namespace Tandem.Serve.Worker;

/// <summary>
/// A barrier at the end of the thread pool's queue: when it is reached, all work that was queued before it has begun. A thread that waits
/// for it continues at the very moment at which the pool can take more work. Polling instead would leave the pool idle in between, or would
/// need a longer queue than the pool needs.
/// </summary>
/// <remarks>
/// For one waiting thread. The futex word says whether the barrier is queued. The kernel checks it again before the thread sleeps, so the
/// wake-up cannot get lost between the thread's check and its sleep. It synchronizes no other data.
/// </remarks>
internal sealed unsafe class ThreadPoolBarrier : IThreadPoolWorkItem
{
    private const int Reached = 0;
    private const int Queued = 1;

    // A futex instead of a monitor: the waking thread holds no lock for which the woken thread would have to wait.
    private readonly int[] _word = GC.AllocateArray<int>(1, pinned: true);

    private int* Word
    {
        get
        {
            fixed (int* word = _word)
                return word; // the array is pinned permanently
        }
    }

    /// <summary>Waits until the barrier is reached.</summary>
    /// <returns>Whether it was reached within this time. If not, it stays queued, for the next call.</returns>
    internal bool Wait(int milliseconds)
    {
        if (Interlocked.Exchange(ref _word[0], Queued) == Reached)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

        Libc.FutexWait(Word, Queued, milliseconds);
        return Volatile.Read(ref _word[0]) == Reached;
    }

    public void Execute()
    {
        Volatile.Write(ref _word[0], Reached);
        Libc.FutexWake(Word);
    }
}
