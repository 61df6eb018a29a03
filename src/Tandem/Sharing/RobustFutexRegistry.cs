using System.Diagnostics.CodeAnalysis;
using System.Runtime.ConstrainedExecution;
using Tandem.BackgroundWork;
using Tandem.Interop;

namespace Tandem.Sharing;

/// <summary>
/// Lets the kernel mark the words that this process owns when the process dies, in whatever way. A thread that lives as long as the
/// process has a robust futex list. When the thread ends, the kernel walks the list, sets FUTEX_OWNER_DIED in each word that holds the
/// thread's id, and wakes one waiter (exit_robust_list and handle_futex_death in the kernel's futex code).
/// </summary>
/// <remarks>
/// A word is registered once, from when its object is opened until it is closed, and not for each acquisition: the kernel skips words
/// that do not hold the thread's id. So acquiring a lock takes only one compare-and-set.
///
/// The kernel finds a word at a fixed distance from its list entry. Entries contain addresses of this process, so they cannot be next to
/// the word in shared memory. Each registration therefore uses two pages of address space: a second mapping of the word's page, and
/// behind it a private page that holds the entry at the same offset.
///
/// <code>
///   base                       base + page                 entry + FutexOffset (= -page) is the word
///   │ … word …  (shared)       │ … entry … (private)
/// </code>
///
/// Other threads of a dying process may still run while the kernel walks the list. So the list is valid at every moment: an entry is
/// complete before one store links it, one store unlinks it, and its pages are never unmapped (they are reused). If the walk is at an
/// entry that is being unlinked, it still continues to a valid one.
/// </remarks>
internal sealed unsafe class RobustFutexRegistry
{
    /// <summary>The kernel walks at most 2048 entries.</summary>
    private const int Capacity = 2000;

    // Guards all lists of all registries.
    private static readonly Lock Gate = new();
    private static readonly List<RobustFutexRegistry> Registries = [];
    private static readonly Stack<nint> FreePages = []; // page pairs of ended registrations, for reuse

    private readonly Head* _head; // the kernel's list head of the thread
    private Entry? _first; // the first entry of the list
    private int _count; // of linked entries

    [SuppressMessage("ApiDesign", "RS0030:Do not use banned APIs", Justification = "The thread lives as long as the process.")]
    private RobustFutexRegistry()
    {
        _head = (Head*)System.Runtime.InteropServices.NativeMemory.AllocZeroed((nuint)sizeof(Head));
        _head->First = &_head->First;
        _head->Pending = null;
        _head->FutexOffset = -Environment.SystemPageSize;
        using var ready = new ManualResetEventSlim();
        string? error = null;
        Thread thread = Background.Thread(
            "Tandem robust futex",
            256 * 1024,
            () =>
            {
                ThreadId = Libc.GetThreadId();
                if (!Libc.SetRobustList(_head, sizeof(Head)))
                    error = Libc.LastError();
                ready.Set();
                // The thread lives as long as the process. The runtime's own threads use no robust mutexes, so replacing their list is
                // safe.
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
            throw new IOException($"The system does not support robust futexes, which shared objects require (set_robust_list): {error}");
    }

    /// <summary>The kernel's struct robust_list_head.</summary>
    private struct Head
    {
        internal void* First;
        internal nint FutexOffset;
        internal void* Pending;
    }

    /// <summary>The id of the registry's thread: the value of a registered word while this process owns it.</summary>
    internal int ThreadId { get; private set; }

    /// <summary>Registers a word of a segment.</summary>
    /// <param name="segment">The segment; its descriptor must be open.</param>
    /// <param name="offset">The offset of the word; a multiple of 8.</param>
    internal static Registration Register(SharedSegment segment, int offset)
    {
        lock (Gate)
        {
            RobustFutexRegistry? registry = Registries.Find(static registry => registry._count < Capacity);
            if (registry is null)
                Registries.Add(registry = new RobustFutexRegistry());

            int page = Environment.SystemPageSize;
            byte* pages = Pages(segment.Reference().Descriptor, offset / page * page);
            var entry = new Entry(pages, (void**)(pages + page + (offset % page)));
            registry.Link(entry);
            return new Registration(registry, entry);
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
        Volatile.Write(ref *(nint*)&_head->First, (nint)entry.Node); // after the entry is complete, for a concurrent walk
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

        // Unmap the shared memory; keep the page with the entry, because a walk may be at it.
        _ = Anonymous((nint)entry.Pages, Environment.SystemPageSize, Libc.MAP_FIXED);
        FreePages.Push((nint)entry.Pages);
    }

    internal sealed class Entry(byte* pages, void** node)
    {
        internal byte* Pages => pages;

        /// <summary>The kernel's struct robust_list: the address of the next entry.</summary>
        internal void** Node => node;

        internal Entry? Next { get; set; }

        internal Entry? Previous { get; set; }
    }

    /// <summary>One word that the kernel marks when this process ends.</summary>
    internal sealed class Registration(RobustFutexRegistry registry, Entry entry) : CriticalFinalizerObject
    {
        private Entry? _entry = entry; // null once ended; guarded by Gate

        ~Registration() => End();

        /// <summary>The value of the word while this process owns it.</summary>
        internal int ThreadId { get; } = registry.ThreadId;

        /// <summary>Ends the registration. The word must no longer hold <see cref="ThreadId"/>.</summary>
        internal void End()
        {
            lock (Gate)
            {
                if (_entry is not null)
                    registry.Unlink(_entry);
                _entry = null;
            }
        }
    }
}
