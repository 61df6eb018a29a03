using System.Runtime.InteropServices;

namespace Tandem.Transport.SharedMemory;

/// <summary>The shared state of one item in flight. It survives the death of the worker that wrote it.</summary>
/// <remarks>
/// <see cref="Word"/> holds the item's sequence number in the upper half and its progress in the lower half: <see cref="Queued"/>, <see
/// cref="Revoked"/>, or the index of the element that was started last (0 for a single call). Both sides change it from <see
/// cref="Queued"/> by compare-and-set only, so an item is either started or revoked.
///
/// Memory order: the worker writes <see cref="StartedAt"/> before the exchange that starts the item, and each outcome, its place and its
/// length before the release store of the progress. The parent reads the progress first (acquire), so it sees all that belongs to it. A
/// reader of outcomes copies, and then (full fence) checks that the place is still the same: a block that the cell no longer names may
/// belong to another item. An ordering that only one processor keeps would not do: the reader and two lanes of the worker take part.
/// Models: docs/models/c/cell.c, and docs/models/arm/cell-outcomes.litmus and started-at.litmus.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ItemCell
{
    internal const int Size = 32;
    internal const int Queued = -1;
    internal const int Revoked = -2;

    /// <summary>The <see cref="ResultOffset"/> of a chunk whose outcomes were withdrawn.</summary>
    internal const long NoOutcomes = -1;

    /// <summary>The sequence number and the progress.</summary>
    [FieldOffset(0)] internal long Word;

    /// <summary>The offset of the outcomes of a chunk's finished elements in the worker's result area.</summary>
    [FieldOffset(8)] internal long ResultOffset;

    /// <summary>The size of the complete outcomes, in bytes. Written before <see cref="Word"/> advances.</summary>
    [FieldOffset(16)] internal long ResultLength;

    /// <summary>
    /// When the item was started, in stopwatch ticks, which are comparable across processes. Written before <see cref="Word"/>.
    /// </summary>
    [FieldOffset(24)] internal long StartedAt;

    internal static long Pack(uint sequence, int progress) => ((long)sequence << 32) | (uint)progress;

    internal static uint SequenceOf(long word) => (uint)(word >> 32);

    internal static int ProgressOf(long word) => (int)word;
}
