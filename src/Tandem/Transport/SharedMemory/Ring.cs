using System.Runtime.CompilerServices;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// The two ends of a single-producer single-consumer queue of frames in shared memory: Lamport's ring buffer with 64-bit
/// positions that never wrap and a cached copy of the other side's position, so that the hot path touches one foreign line per batch.
/// </summary>
/// <remarks>
/// Memory order: the producer copies a frame, then publishes <see cref="RingControl.Tail"/> with a release store; the consumer reads
/// it with an acquire load before it looks at the bytes. The consumer is done with the bytes before its release store to
/// <see cref="RingControl.Head"/>; the producer reads that with an acquire load before it writes there again.
/// One writer per word, so no compare-and-set is needed, and a process that dies half-way leaves only bytes that nobody can see.
/// </remarks>
internal static class Ring
{
    internal const int Alignment = 8;

    internal static int Aligned(int length) => (length + Alignment - 1) & ~(Alignment - 1);

    internal static long Aligned64(long length) => (length + Alignment - 1) & ~(long)(Alignment - 1);
}

/// <summary>The producer's end of a <see cref="Ring"/>. One thread at a time.</summary>
internal sealed unsafe class RingWriter
{
    private readonly RingControl* _control;
    private readonly byte* _data;
    private readonly int _mask;
    private long _tail;
    private long _cachedHead;

    /// <param name="control">The control block, followed by the data.</param>
    /// <param name="capacity">Bytes of data, a power of two.</param>
    internal RingWriter(byte* control, int capacity)
    {
        _control = (RingControl*)control;
        _data = control + RingControl.Size;
        _mask = capacity - 1;
        _tail = Volatile.Read(ref _control->Tail);
        _cachedHead = Volatile.Read(ref _control->Head);
    }

    /// <summary>The largest body that one frame can have: a quarter of the ring, so that padding never stops progress.</summary>
    internal int MaximumBody => (_mask + 1) / 4 - FrameHeader.Size;

    /// <summary>Makes room for a frame and writes its header; the caller fills the body and calls <see cref="Publish"/>.</summary>
    /// <returns>Where the body goes, or null when the ring is full.</returns>
    internal byte* TryReserve(FrameKind kind, int slot, uint sequence, int extra, int bodyLength)
    {
        int size = Ring.Aligned(FrameHeader.Size + bodyLength);
        int offset = (int)_tail & _mask;
        int toEnd = _mask + 1 - offset;
        int needed = size <= toEnd ? size : toEnd + size;
        if (!HasRoom(needed))
            return null;

        if (size > toEnd)
        {
            // Frames never wrap: the rest of the ring becomes one padding frame. Both are published together.
            WriteHeader(_data + offset, FrameKind.Padding, 0, 0, 0, toEnd - FrameHeader.Size);
            _tail += toEnd;
            offset = 0;
        }

        byte* at = _data + offset;
        WriteHeader(at, kind, slot, sequence, extra, bodyLength);
        _tail += size;
        return at + FrameHeader.Size;
    }

    /// <summary>Shows everything reserved so far to the consumer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Publish() => Volatile.Write(ref _control->Tail, _tail); // SYNC POINT ring-tail: frames visible to RingReader

    private bool HasRoom(int needed)
    {
        ulong used = (ulong)(_tail - _cachedHead);
        if (used <= (ulong)(_mask + 1) && used + (ulong)needed <= (ulong)(_mask + 1))
            return true;

        _cachedHead = Volatile.Read(ref _control->Head); // SYNC POINT ring-head: consumed bytes may be overwritten
        // The consumer's word is not trusted: a head in the future or too far back reads as "full".
        used = (ulong)(_tail - _cachedHead);
        return used <= (ulong)(_mask + 1) && used + (ulong)needed <= (ulong)(_mask + 1);
    }

    private static void WriteHeader(byte* at, FrameKind kind, int slot, uint sequence, int extra, int bodyLength)
    {
        // Eight bytes before the end there is no room for a header: both sides skip them unseen.
        if (bodyLength < 0)
            return;

        *(FrameHeader*)at = new FrameHeader
        {
            BodyLength = bodyLength,
            Kind = kind,
            Version = FrameHeader.CurrentVersion,
            Slot = (ushort)slot,
            Sequence = sequence,
            Extra = extra,
        };
    }
}

/// <summary>The consumer's end of a <see cref="Ring"/>. One thread at a time. Everything that it reads is checked.</summary>
internal sealed unsafe class RingReader
{
    private readonly RingControl* _control;
    private readonly byte* _data;
    private readonly int _mask;
    private long _head;
    private long _cachedTail;

    internal RingReader(byte* control, int capacity)
    {
        _control = (RingControl*)control;
        _data = control + RingControl.Size;
        _mask = capacity - 1;
        _head = Volatile.Read(ref _control->Head);
        _cachedTail = _head;
    }

    /// <summary>Whether a frame is there; may be called from any thread as a hint.</summary>
    internal bool HasFrames
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _control->Tail) != Volatile.Read(ref _head);
    }

    /// <summary>Reads the next frame in place; <see cref="Release"/> gives its bytes back.</summary>
    /// <exception cref="ProtocolException">The producer wrote nonsense.</exception>
    internal bool TryRead(out Frame frame)
    {
        frame = default;
        while (true)
        {
            if (_head == _cachedTail)
            {
                _cachedTail = Volatile.Read(ref _control->Tail); // SYNC POINT ring-tail: published frames are complete
                if (_head == _cachedTail)
                    return false;
            }

            long available = _cachedTail - _head;
            if (available < Ring.Alignment || available > _mask + 1 || available % Ring.Alignment != 0)
                throw new ProtocolException($"the ring's tail is {available} bytes from its head");

            int offset = (int)_head & _mask;
            int toEnd = _mask + 1 - offset;
            if (toEnd < FrameHeader.Size)
            {
                _head += toEnd;
                continue;
            }

            if (available < FrameHeader.Size)
                throw new ProtocolException("a frame is shorter than its header");

            FrameHeader header = *(FrameHeader*)(_data + offset); // copied once: the producer could change it under our checks
            long size = Ring.Aligned64(FrameHeader.Size + (long)header.BodyLength);
            if (header.BodyLength < 0 || size > available || size > toEnd || header.Version != FrameHeader.CurrentVersion)
                throw new ProtocolException($"a frame of kind {(int)header.Kind}, version {header.Version}, has a body of {header.BodyLength} bytes");

            _head += size;
            if (header.Kind == FrameKind.Padding)
                continue;

            frame = new Frame
            {
                Kind = header.Kind,
                Slot = header.Slot,
                Sequence = header.Sequence,
                Extra = header.Extra,
                Body = _data + offset + FrameHeader.Size,
                BodyLength = header.BodyLength,
            };
            return true;
        }
    }

    /// <summary>Gives the bytes of all frames read so far back to the producer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Release() => Volatile.Write(ref _control->Head, _head); // SYNC POINT ring-head
}
