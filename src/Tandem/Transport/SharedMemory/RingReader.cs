using System.Runtime.CompilerServices;

namespace Tandem.Transport.SharedMemory;

/// <summary>The consumer's side of a <see cref="Ring"/>. Not thread-safe. Everything that it reads is checked.</summary>
internal sealed unsafe class RingReader
{
    private readonly RingControl* _control;
    private readonly byte* _data;
    private readonly int _mask;
    private long _head; // bytes read so far; published by Release
    private long _cachedTail; // the producer's position when it was last read

    internal RingReader(byte* control, int capacity)
    {
        _control = (RingControl*)control;
        _data = control + RingControl.Size;
        _mask = capacity - 1;
        _head = Volatile.Read(ref _control->Head);
        _cachedTail = _head;
    }

    /// <summary>Whether a frame is available; any thread may call this as a hint.</summary>
    internal bool HasFrames
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _control->Tail) != Volatile.Read(ref _head);
    }

    /// <summary>Reads the next frame in place; <see cref="Release"/> frees its bytes.</summary>
    /// <exception cref="ProtocolException">The producer violated the protocol.</exception>
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

            FrameHeader header = *(FrameHeader*)(_data + offset); // copied once, because the producer could change it after a check
            long size = Ring.Aligned64(FrameHeader.Size + (long)header.BodyLength);
            if (header.BodyLength < 0 || size > available || size > toEnd || header.Version != FrameHeader.CurrentVersion)
            {
                throw new ProtocolException(
                    $"a frame of kind {(int)header.Kind}, version {header.Version}, has a body of {header.BodyLength} bytes");
            }

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

    /// <summary>Frees the bytes of all frames read so far for the producer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Release() => Volatile.Write(ref _control->Head, _head); // SYNC POINT ring-head
}
