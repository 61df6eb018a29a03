using System.Runtime.InteropServices;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// The control block of one ring. Words that different processes write are 128 bytes apart: one cache line for the writer plus the line
/// that the adjacent-line prefetcher loads with it.
/// <code>
///   0  Tail      written by the producer: bytes ever published
/// 128  Head      written by the consumer: bytes ever consumed
/// 256  Waiting   1 while the consumer sleeps or is about to
/// 260  Signal    futex word: counts wake-ups
/// 384  data…
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct RingControl
{
    internal const int Size = 384;

    [FieldOffset(0)] internal long Tail;
    [FieldOffset(128)] internal long Head;
    [FieldOffset(256)] internal int Waiting;
    [FieldOffset(260)] internal int Signal;
}
