using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Notifies the parent that the worker exits, milliseconds before the exit itself is reported. The kernel reports an exit only after it
/// has freed the process's memory, but it marks robust futexes and wakes their waiters as soon as the owning thread ends
/// (exit_robust_list and handle_futex_death in the kernel's futex code).
/// </summary>
/// <remarks>
/// The word is 0 until the worker's thread has registered. Then it is the thread's id with the bit that requests a wake-up, and after the
/// thread's end FUTEX_OWNER_DIED is set. It never returns to an earlier value. The parent sleeps on the word and on its doorbell at the
/// same time. The value that the parent reads before it sleeps may be stale: the kernel compares the word again under its own lock, and a
/// changed word ends the sleep. The parent also says whether it has handled the end, because the end may come between its check and its
/// sleep. Other threads of the worker may run for some microseconds more. That is harmless: items are revoked by compare-and-set, so an
/// item that such a thread has started counts as started. Model: docs/models/c/exit-signal.c.
/// </remarks>
internal readonly unsafe struct RobustFutexExitSignal(byte* link)
{
    private const int Waiters = unchecked((int)0x80000000);
    private const int OwnerDied = 0x40000000;

    private readonly int* _word = &((LinkHeader*)link)->ExitSignal;

    /// <summary>Parent: whether the worker has begun to exit. The parent kills a worker that sets this without exiting.</summary>
    internal bool HasEnded => (Volatile.Read(ref *_word) & OwnerDied) != 0;

    /// <summary>
    /// Parent: sets the word itself, where the kernel does not and the end of the worker shows in another way (the end of its connection).
    /// </summary>
    internal void Mark() => Interlocked.Or(ref *_word, OwnerDied);

    /// <summary>Worker: registers the calling thread, which must live as long as the process.</summary>
    internal void Register()
    {
        // The kernel reads the list when the thread ends, so it is never freed.
        var list = (RobustList*)NativeMemory.AllocZeroed((nuint)sizeof(RobustList));
        list->First = &list->Entry;
        list->Entry = &list->First;
        list->Pending = null;
        list->FutexOffset = (nint)((byte*)_word - (byte*)&list->Entry);
        Volatile.Write(ref *_word, Libc.GetThreadId() | Waiters);
        // If the system does not support robust lists, the parent is notified of the exit only.
        _ = Libc.SetRobustList(list, 3 * sizeof(nint));
    }

    /// <summary>Parent: sleeps like <see cref="Doorbell.Sleep"/>, but wakes also when the worker begins to exit.</summary>
    /// <param name="isHandled">Whether the parent has already handled the exit. If not, the exit ends the sleep.</param>
    /// <returns>False without a sleep if the worker has begun to exit and the parent has not handled that.</returns>
    internal bool Sleep(in Doorbell bell, int signal, bool again, bool isHandled)
    {
        int value = Volatile.Read(ref *_word);
        bool hasEnded = (value & OwnerDied) != 0;
        if (hasEnded && !isHandled)
            return false;

        // Once the thread has ended, the word does not change any more.
        if (hasEnded || !bell.TrySleep(signal, again, _word, value))
            bell.Sleep(signal, again);
        return true;
    }

    /// <summary>The kernel's struct robust_list_head, followed by the only entry of its circular list.</summary>
    private struct RobustList
    {
        internal void* First;
        internal nint FutexOffset;
        internal void* Pending;
        internal void* Entry;
    }
}
