using System.Runtime.InteropServices;

namespace Tandem.Transport.SharedMemory;

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
