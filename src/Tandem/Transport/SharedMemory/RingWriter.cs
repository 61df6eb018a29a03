using System.Runtime.CompilerServices;

namespace Tandem.Transport.SharedMemory;

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
