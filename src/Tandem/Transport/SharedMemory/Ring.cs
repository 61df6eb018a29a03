namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Constants of a single-producer, single-consumer queue of frames in shared memory: Lamport's ring buffer with 64-bit positions that
/// never wrap and a cached copy of the other side's position, so that the hot path touches one cache line of the other side per batch.
/// </summary>
/// <remarks>
/// Memory order: the producer copies a frame, then publishes <see cref="RingControl.Tail"/> with a release store; the consumer reads it
/// with an acquire load before it reads the bytes. The consumer has finished with the bytes before its release store to <see
/// cref="RingControl.Head"/>; the producer reads that with an acquire load before it overwrites them. Each word has one writer, so no
/// compare-and-set is needed, and a process that dies halfway leaves only bytes that were never published. On x64 both stores could be
/// plain; on Arm they could not. Models: docs/models/c/ring.c, and docs/models/arm/ring.litmus and ring-reuse.litmus.
/// </remarks>
internal static class Ring
{
    internal const int Alignment = 8;

    internal static int Aligned(int length) => (length + Alignment - 1) & ~(Alignment - 1);

    internal static long Aligned64(long length) => (length + Alignment - 1) & ~(long)(Alignment - 1);
}
