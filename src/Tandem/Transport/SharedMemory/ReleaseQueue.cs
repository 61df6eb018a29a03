namespace Tandem.Transport.SharedMemory;

/// <summary>Returns result blocks that the parent has read to the worker that owns them: a small ring of offsets.</summary>
/// <remarks>
/// The queue cannot overflow: each slot has at most one unread block, and the worker empties the queue before it allocates a new block.
/// If the parent finds it full, the worker is broken. Memory order as in <see cref="Ring"/>: release store to the tail, acquire load by
/// the reader. The parent has read a block before it pushes its offset, so the worker does not overwrite what is being read. Model:
/// docs/models/c/releases.c.
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
            throw new ProtocolException("the worker does not reclaim its result blocks");

        _entries[tail & (Capacity - 1)] = offset; // the index is never negative, whatever the other side has written
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
