using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>
/// A lock for threads of several processes on one word. The caller's <see cref="RobustFutexRegistry"/> must have registered the word.
/// </summary>
/// <remarks>
/// <code>
///   0                     free
///   tid                   owned by the process whose registry thread has that id
///   tid | Waiters         the same, and at least one thread sleeps
///   Waiters               free, and reserved for a sleeper that was just woken; other threads do not take it for a millisecond
///   OwnerDied [| Waiters] the owner died (set by the kernel); not owned until a caller accepts the abandoned lock
/// </code>
/// Sleepers queue in the kernel in first-come, first-served order, and no thread overtakes them: a newcomer that finds Waiters sleeps
/// too. No process keeps queue state of its own that could be lost with it. A wake-up is lost only if the woken thread dies before it
/// acquires the word; the other sleepers see that when their sleep ends, after 50 ms at most.
///
/// Memory order: acquire and release are compare-and-set operations (full fences in .NET; acquire and release semantics would suffice),
/// so the next owner sees what the previous one wrote. The kernel writes OwnerDied by a compare-and-set after the last store of the dead
/// thread; <see cref="ProcessExit"/> waits for the other threads of that process. A release is a compare-and-set, so a release that a
/// thread of a dying process makes too late changes nothing. OwnerProcess is a plain field of the owner, handed over with the word. A
/// narrow gap remains, which is not one of ordering: a thread that takes the word at the very moment when its process dies may run for
/// some microseconds more, and a next owner that does not see that thread's OwnerProcess yet does not wait for it.
///
/// Models: docs/models/lock.pml (deaths), docs/models/c/lock.c (memory order).
/// </remarks>
internal static unsafe class RobustLock
{
    internal const int Waiters = unchecked((int)0x80000000);
    internal const int OwnerDied = 0x40000000;
    internal const int Owner = 0x3FFFFFFF;

    // In milliseconds.
    private const int LongestSleep = 50;

    /// <summary>For tests: called between the steps, so that a test can end the process at each of them.</summary>
    internal static Action<LockStep>? Steps { get; set; }

    /// <summary>Acquires the lock if it is free and has no waiters.</summary>
    internal static bool TryAcquire(LockWords* words, int tid)
    {
        if (Interlocked.CompareExchange(ref words->Word, tid, 0) != 0)
            return false;

        Steps?.Invoke(LockStep.Taken);
        words->OwnerProcess = Environment.ProcessId;
        return true;
    }

    /// <summary>
    /// Acquires the lock. Blocks the thread until then, or for <paramref name="milliseconds"/> (-1: no limit), or until cancelled.
    /// </summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "The kernel measures each wait (futex); this computes the remaining time.")]
    internal static LockAcquisition Acquire(
        LockWords* words, int tid, bool acceptAbandoned, long milliseconds, CancellationToken cancellation = default)
    {
        int* word = &words->Word;
        long start = Environment.TickCount64;
        long free = 0;
        bool woken = false;
        for (int spins = 0; ; spins++)
        {
            int seen = Volatile.Read(ref *word);
            int next = Next(words, seen, tid, acceptAbandoned, woken, ref free);
            if (next == Abandon)
                return LockAcquisition.Abandoned;

            if (next != 0)
            {
                if (Interlocked.CompareExchange(ref *word, next, seen) != seen)
                    continue;

                Steps?.Invoke(LockStep.TakenAfterWaiting);
                words->OwnerProcess = Environment.ProcessId;
                return (seen & OwnerDied) != 0 ? LockAcquisition.Abandoned : LockAcquisition.Acquired;
            }

            if ((seen & Waiters) == 0 && spins < 20)
            {
                Thread.SpinWait(8);
                continue;
            }

            long left = milliseconds < 0 ? long.MaxValue : milliseconds - (Environment.TickCount64 - start);
            if (left <= 0 || cancellation.IsCancellationRequested)
                return LockAcquisition.NotAcquired;

            if ((seen & Waiters) == 0 && Interlocked.CompareExchange(ref *word, seen | Waiters, seen) != seen)
                continue;

            Steps?.Invoke(LockStep.Announced);
            woken = Libc.FutexSleep(word, seen | Waiters, (seen & Owner) == 0 ? 1 : (int)Math.Min(LongestSleep, left));
            Steps?.Invoke(LockStep.Awake);
        }
    }

    /// <summary>Releases the lock that <paramref name="tid"/> owns.</summary>
    internal static void Release(LockWords* words, int tid)
    {
        Steps?.Invoke(LockStep.Leaving);
        words->OwnerProcess = 0;
        Steps?.Invoke(LockStep.Left);
        if (Interlocked.CompareExchange(ref words->Word, 0, tid) == tid)
            return;

        if (Interlocked.CompareExchange(ref words->Word, Waiters, tid | Waiters) != (tid | Waiters))
            return;

        Steps?.Invoke(LockStep.HandedOver);
        if (!Libc.FutexWakeOne(&words->Word))
            Interlocked.CompareExchange(ref words->Word, 0, Waiters);
    }

    /// <summary>Marks the lock that <paramref name="tid"/> owns as abandoned, as if its owner had died.</summary>
    internal static void MarkAbandoned(LockWords* words, int tid)
    {
        int seen = Volatile.Read(ref words->Word);
        if ((seen & Owner) == tid && Interlocked.CompareExchange(ref words->Word, OwnerDied | (seen & Waiters), seen) == seen)
            Libc.FutexWakeOne(&words->Word);
    }

    // A result of Next: the owner died, and the caller does not accept that.
    private const int Abandon = -1;

    /// <summary>
    /// Returns the next value of the word that acquires the lock, 0 to wait, or <see cref="Abandon"/> if the owner died.
    /// </summary>
    private static int Next(LockWords* words, int seen, int tid, bool acceptAbandoned, bool woken, ref long free)
    {
        if (seen == 0)
            return tid;

        if ((seen & Owner) != 0)
        {
            free = 0;
            return 0;
        }

        if ((seen & OwnerDied) != 0)
        {
            if (acceptAbandoned)
            {
                ProcessExit.WaitFor(words->OwnerProcess);
                return tid | (seen & Waiters);
            }

            Libc.FutexWakeOne(&words->Word); // the other waiters must see it too
            return Abandon;
        }

        if (woken)
            return tid | Waiters;

        long now = Stopwatch.GetTimestamp();
        if (free == 0)
            free = now;
        return Stopwatch.GetElapsedTime(free, now).TotalMilliseconds >= 1 ? tid | Waiters : 0;
    }
}
