using System.Runtime.CompilerServices;

namespace Tandem.Transport.SharedMemory;

/// <summary>The producer's side of a <see cref="Ring"/>. Not thread-safe.</summary>
internal sealed unsafe class RingWriter
{
    private readonly RingControl* _control;
    private readonly byte* _data;
    private readonly int _mask;
    private long _tail; // bytes reserved so far; published by Publish
    private long _cachedHead; // the consumer's position when it was last read

    /// <param name="control">The control block; the data follows it.</param>
    /// <param name="capacity">The size of the data in bytes, a power of two.</param>
    internal RingWriter(byte* control, int capacity)
    {
        _control = (RingControl*)control;
        _data = control + RingControl.Size;
        _mask = capacity - 1;
        _tail = Volatile.Read(ref _control->Tail);
        _cachedHead = Volatile.Read(ref _control->Head);
    }

    /// <summary>The largest body of a frame: a quarter of the ring, so that padding never prevents progress.</summary>
    internal int MaximumBody => (_mask + 1) / 4 - FrameHeader.Size;

    /// <summary>Reserves space for a frame and writes its header. The caller writes the body and calls <see cref="Publish"/>.</summary>
    /// <returns>The address of the body, or null if the ring is full.</returns>
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
            // Frames never wrap: a padding frame fills the rest of the ring. Both frames are published together.
            WriteHeader(_data + offset, FrameKind.Padding, 0, 0, 0, toEnd - FrameHeader.Size);
            _tail += toEnd;
            offset = 0;
        }

        byte* at = _data + offset;
        WriteHeader(at, kind, slot, sequence, extra, bodyLength);
        _tail += size;
        return at + FrameHeader.Size;
    }

    /// <summary>Publishes everything reserved so far to the consumer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Publish() => Volatile.Write(ref _control->Tail, _tail); // SYNC POINT ring-tail: frames visible to RingReader

    private bool HasRoom(int needed)
    {
        ulong used = (ulong)(_tail - _cachedHead);
        if (used <= (ulong)(_mask + 1) && used + (ulong)needed <= (ulong)(_mask + 1))
            return true;

        _cachedHead = Volatile.Read(ref _control->Head); // SYNC POINT ring-head: consumed bytes may be overwritten
        // The consumer's value is not trusted: a head that is ahead of the tail, or too far behind it, counts as a full ring.
        used = (ulong)(_tail - _cachedHead);
        return used <= (ulong)(_mask + 1) && used + (ulong)needed <= (ulong)(_mask + 1);
    }

    private static void WriteHeader(byte* at, FrameKind kind, int slot, uint sequence, int extra, int bodyLength)
    {
        // In the last eight bytes there is no room for a header: both sides skip them.
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
