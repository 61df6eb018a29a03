using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>
/// A bounded multi-producer, multi-consumer queue in shared memory. Any process that uses it may die at any moment. At this level,
/// elements are bytes.
/// </summary>
/// <remarks>
/// The state of a cell holds the position that the cell stands for, the phase, and the owner. So one compare-and-set both claims a cell
/// and records its owner:
/// <code>
///   Empty(p) ──claim──▶ Writing(p, me) ──publish──▶ Full(p) ──claim──▶ Reading(p, me) ──▶ Empty(p + capacity)
///                           │ dies                                         │ dies
///                           ▼                                              ▼
///                       Skipped(p) ──────────────────────────────▶ Empty(p + capacity)
/// </code>
/// Positions are claimed in order: a writer claims p only after it has seen that every position before p is claimed. Tail is a lower
/// bound of the first unclaimed position: it may lag, but is never ahead, so plain stores suffice. The same holds for readers and Head.
/// Hence the queue is first in, first out, and the elements of one writer stay in order.
///
/// A process that finds a claimed cell whose owner is dead repairs the cell. An owner is a slot in the channel's table; the kernel marks
/// its word when that process dies (<see cref="RobustFutexRegistry"/>). A repair reads the cell, then sees that the owner is dead, then
/// does a compare-and-set. That is safe because the claim was made before the owner's death, and the same claim never occurs again:
/// positions do not repeat, or, where they do (drop-newest mode), the repair holds off new owners. Before the compare-and-set, the repair
/// waits until the dead process has no thread left, so that none of its threads can write into a cell that another process claims next.
///
/// Memory order, on x64 and arm64: a claim is a full fence (a compare-and-set that fails is none, and then nothing was claimed). The
/// element is written between claim and publication, and publication is an exchange (full fence, so it has release semantics). A reader
/// sees Full by an acquiring load before it claims and copies. SYNC POINT: element visible. A reader frees a cell by an exchange too, so
/// its copy is complete before a writer can claim the cell. SYNC POINT: cell reusable.
///
/// A writer that claims a cell after completion takes the claim back (Skipped). A writer checks Completed after its claim. A reader that
/// finds the channel empty has checked Completed before. So either the reader sees the claim, or the writer sees the completion, and
/// every element that was written successfully is read. Here three processes take part, and only the writer has a full fence. That is
/// enough because on x64 and Arm a store becomes visible to all other processors at once.
///
/// Models: docs/models/channel.pml (deaths), docs/models/c/channel.c (memory order), docs/models/arm/channel-completion.litmus.
/// </remarks>
internal sealed unsafe class ChannelRing
{
    private readonly SharedSegment _segment; // the memory of the channel
    private readonly ChannelControl* _control; // the fields that all processes write
    private readonly byte* _cells; // the first cell
    private readonly byte* _extents; // one per cell, for serialized elements that do not fit into the cell
    private readonly ChannelOwner* _owners; // the table of processes, guarded by the channel's lock
    private readonly RobustFutexRegistry.Registration _lockRegistration; // makes the channel's lock survive the death of this process
    private readonly long _mask; // capacity - 1 if the capacity is a power of two, otherwise 0
    private readonly int _cellSize; // in bytes, with the header
    private readonly int _longestElement; // in bytes; 0 for elements that are copied as they are
    private RobustFutexRegistry.Registration? _presence; // marks this process's slot when the process dies
    private int _me; // this process's slot in the table of owners

    private ChannelRing(SharedSegment segment, long capacity, int cellSize, int longestElement)
    {
        _segment = segment;
        _control = (ChannelControl*)segment.Data;
        _cells = segment.Data + ChannelLayout.CellsOffset;
        _extents = _cells + (capacity * cellSize);
        _owners = (ChannelOwner*)(segment.Address + ChannelLayout.OwnersOffset);
        Capacity = capacity;
        _mask = (capacity & (capacity - 1)) == 0 ? capacity - 1 : 0;
        _cellSize = cellSize;
        _longestElement = longestElement;
        _lockRegistration = RobustFutexRegistry.Register(segment, ChannelLayout.LockOffset);
    }

    ~ChannelRing()
    {
        if (_presence is not null)
            Volatile.Write(ref _owners[_me].Presence, 0);
    }

    internal SharedSegment Segment => _segment;

    internal long Capacity { get; }

    internal ChannelControl* Control => _control;

    internal byte* Error => (byte*)_control + ChannelLayout.ErrorOffset;

    internal int LongestElement => _longestElement;

    internal int FullMode { get; private init; }

    /// <summary>0: open; 1: completed; 2: completed with an error.</summary>
    internal int Completed => Volatile.Read(ref _control->Completed);

    private LockWords* LockWords => (LockWords*)(_segment.Address + ChannelLayout.LockOffset);

    /// <param name="elementSize">The size of elements that are copied as they are; 0 for elements that a codec writes.</param>
    /// <param name="longestElement">The maximum size of an element that a codec writes, in bytes.</param>
    internal static ChannelRing Create(Type element, int elementSize, long capacity, int fullMode, int longestElement)
    {
        int cellSize = CellSize(elementSize);
        long length = checked(ChannelLayout.CellsOffset + (capacity * (cellSize + (elementSize == 0 ? longestElement : 0L))));
        SharedSegment segment = SharedSegment.Create(SegmentKind.Channel, element, elementSize, capacity, length);
        var control = (ChannelControl*)segment.Data;
        control->CellSize = cellSize;
        control->LongestElement = longestElement;
        control->FullMode = fullMode;
        var ring = new ChannelRing(segment, capacity, cellSize, longestElement) { FullMode = fullMode };
        for (long i = 0; i < capacity; i++)
            *(long*)ring.CellAt(i) = new CellState(i, CellPhase.Empty).Value;

        ring.Register();
        return ring;
    }

    internal static ChannelRing Open(SharedSegment segment)
    {
        SegmentHeader* header = segment.Header;
        long capacity = header->Count;
        int elementSize = header->ElementSize;
        int longestElement = elementSize == 0 ? ((ChannelControl*)segment.Data)->LongestElement : 0;
        int cellSize = CellSize(elementSize);
        int fullMode = ((ChannelControl*)segment.Data)->FullMode;
        long room = segment.Length - SharedSegment.DataOffset - ChannelLayout.CellsOffset;
        if (segment.IsReadOnly || elementSize < 0 || longestElement < 0 || capacity <= 0
            || capacity > room / (cellSize + (long)longestElement))
        {
            throw new PayloadCorruptException("a shared channel whose cells do not fit into its memory");
        }

        if (fullMode is < 0 or > (int)System.Threading.Channels.BoundedChannelFullMode.DropWrite)
            throw new PayloadCorruptException($"a shared channel with the full mode {fullMode}");

        var ring = new ChannelRing(segment, capacity, cellSize, longestElement) { FullMode = fullMode };
        ring.Register();
        return ring;
    }

    /// <summary>Runs an action under the channel's own lock. The lock survives the death of its owner.</summary>
    internal void Locked(Action action)
    {
        int tid = _lockRegistration.ThreadId;
        RobustLock.Acquire(LockWords, tid, acceptAbandoned: true, -1);
        try
        {
            action();
        }
        finally
        {
            RobustLock.Release(LockWords, tid);
        }
    }

    /// <summary>
    /// Claims the next position for writing. The caller copies the element and calls <see cref="Publish"/>; nothing in between may throw.
    /// </summary>
    internal bool TryClaimWrite(out long position, out byte* cell)
    {
        while (true)
        {
            CellState state = FindTail(out position, out cell);
            if (state.Phase != CellPhase.Empty || state.Position != position)
                return false;

            if (!TryChange(cell, state, new CellState(position, CellPhase.Writing, _me)))
                continue;

            Volatile.Write(ref _control->Tail, position + 1);
            if (Completed == 0)
                return true;

            Interlocked.Exchange(ref *(long*)cell, new CellState(position, CellPhase.Skipped).Value);
            ChannelBell.Ring(&_control->NotEmpty);
            return false;
        }
    }

    /// <summary>Makes the element visible to readers. SYNC POINT: element visible.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Publish(long position, byte* cell)
    {
        Interlocked.Exchange(ref *(long*)cell, new CellState(position, CellPhase.Full).Value);
        ChannelBell.Ring(&_control->NotEmpty);
    }

    /// <summary>Claims the oldest element. The caller copies it and calls <see cref="FreeCell"/>; nothing in between may throw.</summary>
    internal bool TryClaimRead(out long position, out byte* cell)
    {
        while (true)
        {
            CellState state = FindHead(out position, out cell);
            if (state.Phase != CellPhase.Full || state.Position != position)
                return false;

            if (!TryChange(cell, state, new CellState(position, CellPhase.Reading, _me)))
                continue;

            Volatile.Write(ref _control->Head, position + 1);
            return true;
        }
    }

    /// <summary>Frees a cell after its element was copied. SYNC POINT: cell reusable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void FreeCell(long position, byte* cell)
    {
        Interlocked.Exchange(ref *(long*)cell, new CellState(position + Capacity, CellPhase.Empty).Value);
        ChannelBell.Ring(&_control->NotFull);
        if (Completed != 0)
            ChannelBell.Ring(&_control->NotEmpty); // wakes waiters for the completion
    }

    /// <summary>Claims the newest element in order to replace it; false if it is being read or written.</summary>
    internal bool TryClaimNewest(out long position, out byte* cell)
    {
        FindTail(out position, out _);
        cell = CellAt(--position);
        var full = new CellState(position, CellPhase.Full);
        if (position < 0 || !TryChange(cell, full, new CellState(position, CellPhase.Writing, _me)))
            return false;

        Interlocked.Increment(ref _control->Replacements); // see IsStill
        return true;
    }

    /// <summary>Finds the oldest element without claiming it. The caller copies it and then calls <see cref="IsStill"/>.</summary>
    internal bool TryPeek(out long position, out byte* cell, out long replacements)
    {
        replacements = Volatile.Read(ref _control->Replacements); // before the state
        CellState state = FindHead(out position, out cell);
        return state.Phase == CellPhase.Full && state.Position == position;
    }

    /// <summary>Whether the element was still in its cell after the caller had copied it; if not, the copy may be torn.</summary>
    /// <remarks>
    /// The state alone does not tell: an element that was replaced is Full at the same position before and after. A replacement is counted
    /// between its claim and its publication. If the copy has a byte of a replacement, the second look at the state sees its claim, so the
    /// copy counts only if the replacement was published, and then the second look at the count sees it. If the first look saw it too, the
    /// first look at the state saw its publication, and the byte belongs there. Models: docs/models/c/peek.c, docs/models/arm/peek.litmus.
    /// </remarks>
    internal bool IsStill(long position, byte* cell, long replacements)
    {
        Interlocked.MemoryBarrier(); // the copy must be complete before the state and the count are read again
        return Volatile.Read(ref *(long*)cell) == new CellState(position, CellPhase.Full).Value
            && Volatile.Read(ref _control->Replacements) == replacements;
    }

    /// <summary>Whether a reader would find an element.</summary>
    internal bool HasElement => TryPeek(out _, out _, out _);

    /// <summary>Whether a writer would find a free cell.</summary>
    internal bool HasRoom
    {
        get
        {
            CellState state = FindTail(out long position, out _);
            return state.Phase == CellPhase.Empty && state.Position == position;
        }
    }

    /// <summary>Whether the channel is completed and no element is left, including elements that are being written.</summary>
    internal bool IsDrained
    {
        get
        {
            if (Completed == 0)
                return false;

            CellState state = FindHead(out long position, out _);
            return state.Phase == CellPhase.Empty && state.Position == position;
        }
    }

    /// <summary>The number of elements in the channel, including those that are being written.</summary>
    internal int Count
    {
        get
        {
            FindHead(out long head, out _);
            FindTail(out long tail, out _);
            return (int)Math.Clamp(tail - head, 0, Math.Min(Capacity, int.MaxValue));
        }
    }

    /// <summary>The address of the bytes of an element that a codec wrote.</summary>
    internal byte* BytesOf(long position, byte* cell, int length) =>
        length <= ChannelLayout.LongestInline
            ? cell + ChannelLayout.CellHeader + ChannelLayout.LengthSize
            : _extents + (Index(position) * _longestElement);

    private static int CellSize(int elementSize) =>
        elementSize == 0 ? ChannelLayout.CodecCell : (ChannelLayout.CellHeader + elementSize + 7) & ~7;

    /// <summary>The first position that no writer has claimed, and the state of its cell.</summary>
    private CellState FindTail(out long position, out byte* cell)
    {
        long at = Volatile.Read(ref _control->Tail);
        for (long steps = 0; ; steps++)
        {
            cell = CellAt(at);
            var state = new CellState(Volatile.Read(ref *(long*)cell));
            position = at;
            long found = state.Position;
            if (found == at && state.Phase == CellPhase.Empty)
                return state;

            if (found >= at)
            {
                // The position is claimed. An empty cell of a later lap means that the lap before was claimed and read.
                at = Math.Max(at + 1, state.Phase == CellPhase.Empty ? found - Capacity + 1 : found + 1);
            }
            else if (state.Phase == CellPhase.Skipped)
            {
                TryChange(cell, state, new CellState(found + Capacity, CellPhase.Empty));
            }
            else if (!TryRepair(cell, state))
            {
                return state;
            }

            Expect(steps);
        }
    }

    /// <summary>The first position that no reader has claimed, and the state of its cell.</summary>
    private CellState FindHead(out long position, out byte* cell)
    {
        long at = Volatile.Read(ref _control->Head);
        for (long steps = 0; ; steps++)
        {
            cell = CellAt(at);
            var state = new CellState(Volatile.Read(ref *(long*)cell));
            position = at;
            long found = state.Position;
            if (found > at)
                at = Math.Max(at + 1, found - Capacity + 1);
            else if (found < at || state.Phase is CellPhase.Full or CellPhase.Empty)
                return state;
            else if (state.Phase == CellPhase.Skipped)
                Skip(cell, state);
            else if (!TryRepair(cell, state) && state.Phase == CellPhase.Reading)
                at++;
            else if (state.Phase == CellPhase.Writing && Volatile.Read(ref *(long*)cell) == state.Value)
                return state;

            Expect(steps);
        }
    }

    private void Skip(byte* cell, CellState state)
    {
        if (TryChange(cell, state, new CellState(state.Position + Capacity, CellPhase.Empty)))
            ChannelBell.Ring(&_control->NotFull);
    }

    /// <summary>Repairs a cell if its owner is dead; false if the cell is not claimed or its owner is alive.</summary>
    private bool TryRepair(byte* cell, CellState state)
    {
        if (state.Phase is not (CellPhase.Writing or CellPhase.Reading))
            return false;

        ChannelOwner* owner = &_owners[state.Owner];
        if (!IsDead(Volatile.Read(ref owner->Presence)))
            return false;

        ProcessExit.WaitFor(owner->ProcessId);
        return RepairLocked(cell, state);
    }

    /// <summary>
    /// Repairs a cell while no process can take the dead owner's slot. In drop-newest mode a position can be claimed again: a new process
    /// with the same slot could otherwise have made a claim that looks like the dead one's.
    /// </summary>
    private bool RepairLocked(byte* cell, CellState state)
    {
        bool isRepaired = false;
        Locked(() => isRepaired = IsDead(Volatile.Read(ref _owners[state.Owner].Presence)) && Repair(cell, state));
        return isRepaired;
    }

    private bool Repair(byte* cell, CellState state)
    {
        CellState repaired = state.Phase == CellPhase.Writing
            ? new CellState(state.Position, CellPhase.Skipped) : new CellState(state.Position + Capacity, CellPhase.Empty);
        if (!TryChange(cell, state, repaired))
            return false;

        ChannelBell.Ring(state.Phase == CellPhase.Writing ? &_control->NotEmpty : &_control->NotFull);
        return true;
    }

    private static bool IsDead(int presence) => (presence & RobustLock.OwnerDied) != 0 && (presence & RobustLock.Owner) == 0;

    /// <summary>
    /// Takes a slot in the table of owners. A dead process's slot is reused only after all cells that it had claimed are repaired.
    /// </summary>
    private void Register() => Locked(() =>
    {
        int free = Find(static presence => presence == 0);
        if (free < 0 && (free = Find(IsDead)) >= 0)
            Sweep(free);

        if (free < 0)
            throw new IOException($"More than {ChannelLayout.Owners} processes share one channel.");

        // Register the word first: if this process dies in between, the slot stays free.
        RobustFutexRegistry.Registration registration =
            RobustFutexRegistry.Register(_segment, ChannelLayout.OwnersOffset + (free * sizeof(ChannelOwner)));
        _me = free;
        _owners[free].ProcessId = Environment.ProcessId;
        Volatile.Write(ref _owners[free].Presence, registration.ThreadId);
        _presence = registration;
    });

    private int Find(Func<int, bool> isWanted)
    {
        for (int i = 0; i < ChannelLayout.Owners; i++)
        {
            if (isWanted(Volatile.Read(ref _owners[i].Presence)))
                return i;
        }

        return -1;
    }

    /// <summary>Repairs all cells that a dead owner had claimed.</summary>
    private void Sweep(int owner)
    {
        ProcessExit.WaitFor(_owners[owner].ProcessId);
        for (long i = 0; i < Capacity; i++)
        {
            byte* cell = CellAt(i);
            var state = new CellState(Volatile.Read(ref *(long*)cell));
            if (state.Owner == owner && state.Phase is CellPhase.Writing or CellPhase.Reading)
                Repair(cell, state);
        }
    }

    /// <summary>
    /// Positions only increase and stay within one lap. A longer search means that another program wrote to the memory.
    /// </summary>
    private void Expect(long steps)
    {
        if (steps > (Capacity * 4) + 100_000)
            throw new IOException("A process has damaged the shared channel.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryChange(byte* cell, CellState from, CellState to) =>
        Interlocked.CompareExchange(ref *(long*)cell, to.Value, from.Value) == from.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Index(long position) => _mask != 0 ? position & _mask : (long)((ulong)position % (ulong)Capacity);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* CellAt(long position) => _cells + (Index(position) * _cellSize);
}
