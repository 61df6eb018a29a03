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
