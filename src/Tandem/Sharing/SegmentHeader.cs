using System.Runtime.InteropServices;

namespace Tandem.Sharing;

/// <summary>
/// The start of each shared segment. The first fields are written once, before any other process knows the segment; Received and Closed
/// change by atomic operations. The rest of the first page belongs to the kind of object.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct SegmentHeader
{
    internal const int Size = 256;
    internal const uint ExpectedMagic = 0x53444E54;
    internal const int ExpectedVersion = 1;

    [FieldOffset(0)] internal uint Magic;
    [FieldOffset(4)] internal int Version;
    [FieldOffset(8)] internal Guid Id;
    [FieldOffset(24)] internal SegmentKind Kind;
    [FieldOffset(28)] internal int ElementSize;

    /// <summary>Identifies the type of the elements; see <see cref="SharedSegment.Fingerprint"/>.</summary>
    [FieldOffset(32)] internal ulong ElementType;

    /// <summary>The number of elements of an array, or the capacity of a channel.</summary>
    [FieldOffset(40)] internal long Count;

    /// <summary>
    /// How often the object arrived in a result. A process that sends the object in a result holds the segment until this value changes.
    /// </summary>
    [FieldOffset(128)] internal long Received;

    /// <summary>
    /// Not 0 once the creator has disposed the object. Other processes then collect garbage, to release the object if they no longer use
    /// it.
    /// </summary>
    [FieldOffset(136)] internal int Closed;
}
