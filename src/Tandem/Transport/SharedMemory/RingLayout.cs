using System.Runtime.InteropServices;

namespace Tandem.Transport.SharedMemory;

/// <summary>
/// The control block of one ring. Words that different processes write stand 128 bytes apart: one line for the writer plus the
/// line that the adjacent-line prefetcher brings along.
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

/// <summary>The shared state of one in-flight item, which survives the death of the worker that wrote it.</summary>
/// <remarks>
/// <see cref="Word"/> holds the item's sequence number in its upper half and its progress in the lower one: <see cref="Queued"/>,
/// <see cref="Revoked"/>, or the index of the element that was started last (0 for a single call).
/// Both sides move it out of <see cref="Queued"/> by compare-and-set only, so an item is either started or taken back.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ItemCell
{
    internal const int Size = 32;
    internal const int Queued = -1;
    internal const int Revoked = -2;

    [FieldOffset(0)] internal long Word;

    /// <summary>Where the results of the finished elements of a chunk begin in the worker's result area.</summary>
    [FieldOffset(8)] internal long ResultOffset;

    /// <summary>How many bytes of them are complete; written before <see cref="Word"/> moves on.</summary>
    [FieldOffset(16)] internal long ResultLength;

    /// <summary>When the item was started, in stopwatch ticks, which all processes count alike; written before it.</summary>
    [FieldOffset(24)] internal long StartedAt;

    internal static long Pack(uint sequence, int progress) => ((long)sequence << 32) | (uint)progress;

    internal static uint SequenceOf(long word) => (uint)(word >> 32);

    internal static int ProgressOf(long word) => (int)word;
}

/// <summary>
/// The region that parent and worker share beside the payload areas: header, item cells, request ring, response ring, released blocks.
/// </summary>
internal static class LinkLayout
{
    /// <summary>Changes with every change to a layout or a frame; both sides compare it.</summary>
    internal const int Version = 3;

    internal const int Slots = 256;
    internal const int RingCapacity = 256 * 1024;

    internal const int HeaderSize = 128;
    internal const int CellsOffset = HeaderSize;
    internal const int ReleasesOffset = CellsOffset + Slots * ItemCell.Size;
    internal const int ReleasesSize = 256 + Slots * 4 * sizeof(long);
    internal const int RequestRingOffset = ReleasesOffset + ReleasesSize;
    internal const int ResponseRingOffset = RequestRingOffset + RingControl.Size + RingCapacity;
    internal const int Size = ResponseRingOffset + RingControl.Size + RingCapacity;
}

/// <summary>The first bytes of the shared region.</summary>
[StructLayout(LayoutKind.Explicit, Size = LinkLayout.HeaderSize)]
internal struct LinkHeader
{
    internal const int MagicValue = 0x444E4154; // "TAND"

    [FieldOffset(0)] internal int Magic;
    [FieldOffset(4)] internal int Version;
    [FieldOffset(8)] internal int SpinMicroseconds;
    [FieldOffset(16)] internal long RequestAreaSize;
    [FieldOffset(24)] internal long ResultAreaSize;

    /// <summary>See <see cref="LifeWord"/>.</summary>
    [FieldOffset(64)] internal int Life;
}
