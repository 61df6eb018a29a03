using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>
/// A bounded queue for many writers and readers in many processes, of which any may die at any moment. Elements are bytes here.
/// </summary>
/// <remarks>
/// Each cell's state names the position that it stands for, its phase, and who claimed it, so one compare-and-set both claims a cell
/// and says whose it is:
/// <code>
///   Empty(p) ──claim──▶ Writing(p, me) ──publish──▶ Full(p) ──claim──▶ Reading(p, me) ──▶ Empty(p + capacity)
///                           │ dies                                         │ dies
///                           ▼                                              ▼
///                       Skipped(p) ──────────────────────────────▶ Empty(p + capacity)
/// </code>
/// Positions are claimed one after the other: a writer claims p only when it has seen all before p claimed (Tail says up to where that
/// is known; it may lag behind, never run ahead, so plain stores do). The same holds for readers and Head. Hence first in, first out,
/// and elements of one writer stay in order.
///
/// Whoever comes to a claimed cell whose owner is dead repairs it. An owner is a slot in the channel's table, whose word the kernel
/// marks at the death of that process (<see cref="Keeper"/>). The repair reads the cell, then finds its owner dead, then compares and
/// sets: the claim that it read was made before that death, and claims are never repeated, since positions are not. Before it, the
/// process is waited for to be gone altogether, so that none of its threads writes into a cell that is somebody else's by now.
///
/// Order, on x64 and arm64: a claim is a full fence; the element is written between claim and publication, which is an exchange (a
/// full fence, so release); a reader sees Full by an acquiring load before it claims and copies. SYNC POINT: element visible. Giving a
/// cell back is an exchange too, so the copy is over before a writer can claim it. SYNC POINT: cell reusable.
///
/// A writer that claims after the completion takes the claim back (Skipped). It looks at Completed after its claim; a reader that
/// finds the channel empty looks at Completed before. So either the reader sees the claim or the writer the completion, and what
/// was written with success is read.
/// </remarks>
internal sealed unsafe class ChannelRing
{
    private readonly SharedSegment _segment;
    private readonly ChannelControl* _control;
    private readonly byte* _cells;
    private readonly byte* _extents;
    private readonly ChannelOwner* _owners;
    private readonly Keeper.Enrolment _lockEnrolment;
    private readonly long _mask; // capacity - 1 where that is a power of two, else 0
    private readonly int _cellSize;
    private readonly int _longestElement;
    private Keeper.Enrolment? _presence;
    private int _me;

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
        _lockEnrolment = Keeper.Enrol(segment, ChannelLayout.LockOffset);
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

    /// <summary>0 while open, 1 when complete, 2 when complete with an error.</summary>
    internal int Completed => Volatile.Read(ref _control->Completed);

    private LockWords* LockWords => (LockWords*)(_segment.Address + ChannelLayout.LockOffset);

    /// <param name="elementSize">Of elements that are copied as they are; 0 for those that a codec writes.</param>
    /// <param name="longestElement">For those that a codec writes: how many bytes one may have.</param>
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
        if (segment.IsReadOnly || elementSize < 0 || longestElement < 0 || capacity <= 0 || capacity > room / (cellSize + (long)longestElement))
            throw new PayloadCorruptException("a shared channel whose cells do not fit");

        if (fullMode is < 0 or > (int)System.Threading.Channels.BoundedChannelFullMode.DropWrite)
            throw new PayloadCorruptException($"a shared channel with the full mode {fullMode}");

        var ring = new ChannelRing(segment, capacity, cellSize, longestElement) { FullMode = fullMode };
        ring.Register();
        return ring;
    }

    /// <summary>Runs an action under the channel's own lock, which survives its owner.</summary>
    internal void Locked(Action action)
    {
        int tid = _lockEnrolment.ThreadId;
        RobustLock.Take(LockWords, tid, acceptAbandoned: true, -1);
        try
        {
            action();
        }
        finally
        {
            RobustLock.Release(LockWords, tid);
        }
    }

    /// <summary>Claims the next position for writing. The caller copies the element and calls <see cref="Publish"/>; nothing of that may throw.</summary>
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

    /// <summary>SYNC POINT: element visible.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Publish(long position, byte* cell)
    {
        Interlocked.Exchange(ref *(long*)cell, new CellState(position, CellPhase.Full).Value);
        ChannelBell.Ring(&_control->NotEmpty);
    }

    /// <summary>Claims the oldest element. The caller copies it and calls <see cref="GiveBack"/>; nothing of that may throw.</summary>
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

    /// <summary>SYNC POINT: cell reusable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void GiveBack(long position, byte* cell)
    {
        Interlocked.Exchange(ref *(long*)cell, new CellState(position + Capacity, CellPhase.Empty).Value);
        ChannelBell.Ring(&_control->NotFull);
        if (Completed != 0)
            ChannelBell.Ring(&_control->NotEmpty); // who waits for the end
    }

    /// <summary>Claims the newest element, to be replaced; false when it is just being read or written.</summary>
    internal bool TryClaimNewest(out long position, out byte* cell)
    {
        FindTail(out position, out _);
        cell = CellAt(--position);
        var full = new CellState(position, CellPhase.Full);
        return position >= 0 && TryChange(cell, full, new CellState(position, CellPhase.Writing, _me));
    }

    /// <summary>Looks at the oldest element; the caller copies it and asks <see cref="IsStill"/>.</summary>
    internal bool TryPeek(out long position, out byte* cell)
    {
        CellState state = FindHead(out position, out cell);
        return state.Phase == CellPhase.Full && state.Position == position;
    }

    internal static bool IsStill(long position, byte* cell)
    {
        Interlocked.MemoryBarrier(); // the copy is over before the state is read again
        return Volatile.Read(ref *(long*)cell) == new CellState(position, CellPhase.Full).Value;
    }

    /// <summary>Whether a reader finds an element.</summary>
    internal bool HasElement => TryPeek(out _, out _);

    /// <summary>Whether a writer finds room.</summary>
    internal bool HasRoom
    {
        get
        {
            CellState state = FindTail(out long position, out _);
            return state.Phase == CellPhase.Empty && state.Position == position;
        }
    }

    /// <summary>Whether the channel is complete and nothing is left in it, nor on its way.</summary>
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

    /// <summary>Elements in the channel, those included that are just being written.</summary>
    internal int Count
    {
        get
        {
            FindHead(out long head, out _);
            FindTail(out long tail, out _);
            return (int)Math.Clamp(tail - head, 0, Math.Min(Capacity, int.MaxValue));
        }
    }

    /// <summary>Where the bytes of an element are, that a codec wrote.</summary>
    internal byte* BytesOf(long position, byte* cell, int length) =>
        length <= ChannelLayout.LongestInline ? cell + ChannelLayout.CellHeader + ChannelLayout.LengthSize : _extents + (Index(position) * _longestElement);

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
                // Claimed. An empty cell of a later lap says that the one before was claimed and read.
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

    /// <summary>Repairs a cell whose owner is dead.</summary>
    private bool TryRepair(byte* cell, CellState state)
    {
        if (state.Phase is not (CellPhase.Writing or CellPhase.Reading))
            return false;

        ChannelOwner* owner = &_owners[state.Owner];
        if (!IsDead(Volatile.Read(ref owner->Presence)))
            return false;

        ProcessEnd.Await(owner->ProcessId);
        return Repair(cell, state);
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

    /// <summary>Takes a slot in the table of owners; that of a dead process only when nothing that it claimed is left.</summary>
    private void Register() => Locked(() =>
    {
        int free = Find(static presence => presence == 0);
        if (free < 0 && (free = Find(IsDead)) >= 0)
            Sweep(free);

        if (free < 0)
            throw new IOException($"More than {ChannelLayout.Owners} processes share one channel.");

        // Enrolled first: who dies in between leaves a free slot.
        Keeper.Enrolment enrolment = Keeper.Enrol(_segment, ChannelLayout.OwnersOffset + (free * sizeof(ChannelOwner)));
        _me = free;
        _owners[free].ProcessId = Environment.ProcessId;
        Volatile.Write(ref _owners[free].Presence, enrolment.ThreadId);
        _presence = enrolment;
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

    private void Sweep(int owner)
    {
        ProcessEnd.Await(_owners[owner].ProcessId);
        for (long i = 0; i < Capacity; i++)
        {
            byte* cell = CellAt(i);
            var state = new CellState(Volatile.Read(ref *(long*)cell));
            if (state.Owner == owner && state.Phase is CellPhase.Writing or CellPhase.Reading)
                Repair(cell, state);
        }
    }

    /// <summary>Positions only go up, and lie within one lap; a search that goes on for longer reads what nobody of this build wrote.</summary>
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
