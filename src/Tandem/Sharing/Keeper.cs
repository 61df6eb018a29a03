using System.Runtime.ConstrainedExecution;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>
/// Has the kernel mark what this process holds when it dies, however it dies: a thread that lives as long as the process, with a
/// robust futex list of its own. At its end the kernel walks the list, sets FUTEX_OWNER_DIED in each word that holds the thread's id,
/// and wakes one waiter (exit_robust_list and handle_futex_death in the kernel's futex code).
/// </summary>
/// <remarks>
/// A word is enrolled once, from the opening of its object to the closing, and not for each acquisition: the kernel passes over words
/// that do not hold the id. So taking a lock is one compare-and-set.
///
/// The kernel finds a word at a fixed distance from its list entry, and entries hold addresses of this process, so they cannot lie
/// beside the word in shared memory. Each enrolment is two pages of address space: the word's page once more, and behind it a private
/// page with the entry at the same place.
///
/// <code>
///   base                       base + page                 entry + FutexOffset (= -page) is the word
///   │ … word …  (shared)       │ … entry … (private)
/// </code>
///
/// Other threads of a dying process may still run while the kernel walks. So the list is sound at every moment: an entry is complete
/// before one store links it, one store unlinks it, and its pages stay mapped for ever (they are used again). A walk that stands on an
/// unlinked entry goes on to a valid one.
/// </remarks>
internal sealed unsafe class Keeper
{
    /// <summary>The kernel walks 2048 entries at most.</summary>
    private const int Capacity = 2000;

    private static readonly Lock Gate = new();
    private static readonly List<Keeper> Keepers = [];
    private static readonly Stack<nint> FreePages = [];

    private readonly Head* _head;
    private Entry? _first;
    private int _count;

    private Keeper()
    {
        _head = (Head*)System.Runtime.InteropServices.NativeMemory.AllocZeroed((nuint)sizeof(Head));
        _head->First = &_head->First;
        _head->Pending = null;
        _head->FutexOffset = -Environment.SystemPageSize;
        using var ready = new ManualResetEventSlim();
        string? error = null;
        Thread thread = Background.Thread(
            "Tandem keeper",
            256 * 1024,
            () =>
            {
                ThreadId = Libc.GetThreadId();
                if (!Libc.SetRobustList(_head, sizeof(Head)))
                    error = Libc.LastError();
                ready.Set();
                // For as long as the process lives. The runtime's own threads use no robust mutexes, whose list this one replaces.
                if (error is null)
                    Thread.Sleep(Timeout.Infinite);
            },
            e =>
            {
                error = e.Message;
                ready.Set();
            });
        thread.UnsafeStart();
        ready.Wait();
        if (error is not null)
            throw new IOException($"The system does not watch over shared objects (set_robust_list): {error}");
    }

    /// <summary>struct robust_list_head.</summary>
    private struct Head
    {
        internal void* First;
        internal nint FutexOffset;
        internal void* Pending;
    }

    /// <summary>What enrolled words hold while this process owns them.</summary>
    internal int ThreadId { get; private set; }

    /// <summary>Enrols a word of a segment.</summary>
    /// <param name="segment">Its descriptor must be open.</param>
    /// <param name="offset">Where the word is; a multiple of 8.</param>
    internal static Enrolment Enrol(SharedSegment segment, int offset)
    {
        lock (Gate)
        {
            Keeper? keeper = Keepers.Find(static keeper => keeper._count < Capacity);
            if (keeper is null)
                Keepers.Add(keeper = new Keeper());

            int page = Environment.SystemPageSize;
            byte* pages = Pages(segment.Reference().Descriptor, offset / page * page);
            var entry = new Entry(pages, (void**)(pages + page + (offset % page)));
            keeper.Link(entry);
            return new Enrolment(keeper, entry);
        }
    }

    private static byte* Pages(int fd, int offset)
    {
        int page = Environment.SystemPageSize;
        byte* pages = FreePages.TryPop(out nint free) ? (byte*)free : Anonymous(0, 2 * page, 0);
        if (Libc.Mmap((nint)pages, page, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_FIXED, fd, offset) != -1)
            return pages;

        string error = Libc.LastError();
        FreePages.Push((nint)pages);
        throw new IOException($"mmap of a shared object's page failed: {error}");
    }

    private static byte* Anonymous(nint address, int length, int flags)
    {
        nint pages = Libc.Mmap(
            address, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | flags, -1, 0);
        return pages != -1 ? (byte*)pages : throw new IOException($"mmap of {length} bytes failed: {Libc.LastError()}");
    }

    private void Link(Entry entry)
    {
        *entry.Node = _head->First;
        entry.Next = _first;
        if (_first is not null)
            _first.Previous = entry;
        _first = entry;
        Volatile.Write(ref *(nint*)&_head->First, (nint)entry.Node); // after its content: a walk finds it complete
        _count++;
    }

    private void Unlink(Entry entry)
    {
        void** previous = entry.Previous is null ? &_head->First : entry.Previous.Node;
        Volatile.Write(ref *(nint*)previous, (nint)(*entry.Node));
        if (entry.Previous is null)
            _first = entry.Next;
        else
            entry.Previous.Next = entry.Next;
        if (entry.Next is not null)
            entry.Next.Previous = entry.Previous;
        _count--;

        // Lets go of the shared memory; the entry stays where it is, for a walk that stands on it.
        _ = Anonymous((nint)entry.Pages, Environment.SystemPageSize, Libc.MAP_FIXED);
        FreePages.Push((nint)entry.Pages);
    }

    internal sealed class Entry(byte* pages, void** node)
    {
        internal byte* Pages => pages;

        /// <summary>The kernel's struct robust_list: the address of the next.</summary>
        internal void** Node => node;

        internal Entry? Next { get; set; }

        internal Entry? Previous { get; set; }
    }

    /// <summary>One word that the kernel marks at the end of this process.</summary>
    internal sealed class Enrolment(Keeper keeper, Entry entry) : CriticalFinalizerObject
    {
        private Entry? _entry = entry;

        ~Enrolment() => End();

        /// <summary>What the word holds while this process owns it.</summary>
        internal int ThreadId { get; } = keeper.ThreadId;

        /// <summary>The word must not hold <see cref="ThreadId"/> any more.</summary>
        internal void End()
        {
            lock (Gate)
            {
                if (_entry is not null)
                    keeper.Unlink(_entry);
                _entry = null;
            }
        }
    }
}
