namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Result blocks that the parent has read, on their way back to the worker that owns them: a small ring of offsets.
/// </summary>
/// <remarks>
/// It cannot overflow: a slot has at most one unread block, and the worker empties the queue before it takes a new block. A parent
/// that finds it full has a broken worker before it. Ordering as in <see cref="Ring"/>: release on the tail, acquire by the reader.
/// </remarks>
internal readonly unsafe struct ReleaseQueue(byte* memory)
{
    private const int Capacity = FrameHeader.Slots * 4;
    private readonly long* _tail = (long*)memory;
    private readonly long* _head = (long*)(memory + 128);
    private readonly long* _entries = (long*)(memory + 256);

    internal void Push(long offset)
    {
        long tail = Volatile.Read(ref *_tail);
        if (tail - Volatile.Read(ref *_head) is < 0 or >= Capacity)
            throw new ProtocolException("the worker does not take its result blocks back");

        _entries[tail & (Capacity - 1)] = offset; // never negative, whatever the other side wrote
        Volatile.Write(ref *_tail, tail + 1);
    }

    internal bool TryPop(out long offset)
    {
        long head = Volatile.Read(ref *_head);
        offset = 0;
        if (head == Volatile.Read(ref *_tail))
            return false;

        offset = _entries[head & (Capacity - 1)];
        Volatile.Write(ref *_head, head + 1);
        return true;
    }
}
