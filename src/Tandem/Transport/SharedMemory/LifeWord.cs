using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Says that the worker ends, milliseconds before its exit can be seen: the kernel reports an exit only when the process's memory is
/// gone, but marks robust futexes, and wakes who waits for them, as soon as the thread that owns them ends (exit_robust_list and
/// handle_futex_death in the kernel's futex code).
/// </summary>
/// <remarks>
/// The word holds 0 until the worker's thread has enrolled, then the thread's id and the mark that somebody waits, and from the
/// thread's end on FUTEX_OWNER_DIED. It only moves on. The parent sleeps on it and on its doorbell at once; which value it reads before
/// does not matter, because the kernel compares it again under its own lock, and a word that has changed meanwhile ends the sleep.
/// Other threads of the worker may run for some microseconds more: what they have started by then, they have started, because items are
/// taken back by compare-and-set.
/// </remarks>
internal readonly unsafe struct LifeWord(byte* link)
{
    private const int Waiters = unchecked((int)0x80000000);
    private const int OwnerDied = 0x40000000;

    private readonly int* _word = &((LinkHeader*)link)->Life;

    /// <summary>Parent: whether the worker has begun to end. One that lies is ended for it.</summary>
    internal bool HasEnded => (Volatile.Read(ref *_word) & OwnerDied) != 0;

    /// <summary>Worker: enrols the calling thread, which is to live as long as the process.</summary>
    internal void Enrol()
    {
        // Read by the kernel when the thread ends, so it is never freed.
        var list = (RobustList*)NativeMemory.AllocZeroed((nuint)sizeof(RobustList));
        list->First = &list->Entry;
        list->Entry = &list->First;
        list->Pending = null;
        list->FutexOffset = (nint)((byte*)_word - (byte*)&list->Entry);
        Volatile.Write(ref *_word, Libc.GetThreadId() | Waiters);
        // Where the system does not have it, the parent hears of the exit only.
        _ = Libc.SetRobustList(list, 3 * sizeof(nint));
    }

    /// <summary>Parent: sleeps like <see cref="Doorbell.Sleep"/>, and until the worker begins to end.</summary>
    internal void Sleep(in Doorbell bell, int signal, bool again)
    {
        int life = Volatile.Read(ref *_word);
        // Once it has ended there is nothing more to hear of it.
        if ((life & OwnerDied) != 0 || !bell.TrySleep(signal, again, _word, life))
            bell.Sleep(signal, again);
    }

    /// <summary>struct robust_list_head, and the one entry of the list, which is a ring.</summary>
    private struct RobustList
    {
        internal void* First;
        internal nint FutexOffset;
        internal void* Pending;
        internal void* Entry;
    }
}
