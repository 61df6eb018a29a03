using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>How an attempt to take a <see cref="RobustLock"/> ended.</summary>
internal enum Taken
{
    /// <summary>Not owned: the time was over.</summary>
    No,

    /// <summary>Owned.</summary>
    Yes,

    /// <summary>The last owner died; owned only where the caller accepts that.</summary>
    Abandoned,
}

/// <summary>The lock's words in shared memory.</summary>
internal struct LockWords
{
    /// <summary>What <see cref="RobustLock"/> says about it; a futex, enrolled with the keeper of each process that has it open.</summary>
    internal int Word;

    /// <summary>The process that owns the lock, from just after it took the word until just before it gives it back.</summary>
    internal int OwnerProcess;
}

/// <summary>A lock across processes on one word. The caller's keeper must have enrolled the word.</summary>
/// <remarks>
/// <code>
///   0                     free
///   tid                   owned by the process whose keeper has that id
///   tid | Waiters         the same, and somebody sleeps
///   Waiters               free, and handed to the sleeper that was just woken; others leave it alone for a millisecond
///   OwnerDied [| Waiters] the owner died (set by the kernel); nobody owns it until somebody accepts that
/// </code>
/// Sleepers queue in the kernel, first come, first served, and nobody overtakes them: a newcomer that finds Waiters sleeps too. No
/// process keeps fairness in state of its own that could die with it. A wake-up is lost only if the woken one dies before it takes the
/// word; the others then find it when their sleep ends, after 50 ms at most.
///
/// Order: taking is a compare-and-set and giving back is one (full fences in .NET, acquire and release are all that is needed), so what
/// an owner wrote is seen by the next. OwnerDied is written by the kernel with a compare-and-set after the dead one's last store; its
/// other threads are waited for (<see cref="ProcessEnd"/>). Giving back compares, so a thread of a dying process that comes too late
/// changes nothing.
/// </remarks>
internal static unsafe class RobustLock
{
    internal const int Waiters = unchecked((int)0x80000000);
    internal const int OwnerDied = 0x40000000;
    internal const int Owner = 0x3FFFFFFF;

    private const int LongestSleep = 50;

    /// <summary>For tests: called between the steps, so that a process can end in each of them.</summary>
    internal static Action<LockStep>? Steps { get; set; }

    /// <summary>Takes the lock when it is free and nobody waits for it.</summary>
    internal static bool TryTake(LockWords* words, int tid)
    {
        if (Interlocked.CompareExchange(ref words->Word, tid, 0) != 0)
            return false;

        Steps?.Invoke(LockStep.Taken);
        words->OwnerProcess = Environment.ProcessId;
        return true;
    }

    /// <summary>Takes the lock; blocks the thread until then, or for <paramref name="milliseconds"/> (-1 for ever), or until cancelled.</summary>
    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The kernel counts the wait (futex); this is what is left of it.")]
    internal static Taken Take(LockWords* words, int tid, bool acceptAbandoned, long milliseconds, CancellationToken cancellation = default)
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
                return Taken.Abandoned;

            if (next != 0)
            {
                if (Interlocked.CompareExchange(ref *word, next, seen) != seen)
                    continue;

                Steps?.Invoke(LockStep.TakenAfterWaiting);
                words->OwnerProcess = Environment.ProcessId;
                return (seen & OwnerDied) != 0 ? Taken.Abandoned : Taken.Yes;
            }

            if ((seen & Waiters) == 0 && spins < 20)
            {
                Thread.SpinWait(8);
                continue;
            }

            long left = milliseconds < 0 ? long.MaxValue : milliseconds - (Environment.TickCount64 - start);
            if (left <= 0 || cancellation.IsCancellationRequested)
                return Taken.No;

            if ((seen & Waiters) == 0 && Interlocked.CompareExchange(ref *word, seen | Waiters, seen) != seen)
                continue;

            Steps?.Invoke(LockStep.Announced);
            woken = Libc.FutexSleep(word, seen | Waiters, (seen & Owner) == 0 ? 1 : (int)Math.Min(LongestSleep, left));
            Steps?.Invoke(LockStep.Awake);
        }
    }

    /// <summary>Gives back what <paramref name="tid"/> owns.</summary>
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

    /// <summary>Leaves what <paramref name="tid"/> owns as if its owner had died.</summary>
    internal static void Forsake(LockWords* words, int tid)
    {
        int seen = Volatile.Read(ref words->Word);
        if ((seen & Owner) == tid && Interlocked.CompareExchange(ref words->Word, OwnerDied | (seen & Waiters), seen) == seen)
            Libc.FutexWakeOne(&words->Word);
    }

    private const int Abandon = -1;

    /// <summary>What to make of the word: the value that takes the lock, 0 to wait, <see cref="Abandon"/> to say that its owner died.</summary>
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
                ProcessEnd.Await(words->OwnerProcess);
                return tid | (seen & Waiters);
            }

            Libc.FutexWakeOne(&words->Word); // the others are to know too
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

/// <summary>Where a process can be while it takes or leaves a lock.</summary>
internal enum LockStep
{
    Taken,
    TakenAfterWaiting,
    Announced,
    Awake,
    Leaving,
    Left,
    HandedOver,
}
