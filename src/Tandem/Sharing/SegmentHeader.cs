using System.Runtime.InteropServices;

namespace Tandem.Sharing;

/// <summary>What a shared segment holds.</summary>
internal enum SegmentKind
{
    None = 0,
    Array = 1,
    Counter = 2,
    Lock = 3,
    Channel = 4,
}

/// <summary>
/// The beginning of each shared segment. The first part is written once, before any other process knows the segment; what follows
/// changes by atomic operations. The rest of the first page is the kind's own.
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

    /// <summary>Which type the elements have, see <see cref="SharedSegment.Fingerprint"/>.</summary>
    [FieldOffset(32)] internal ulong ElementType;

    /// <summary>Of an array, its elements; of a channel, its capacity.</summary>
    [FieldOffset(40)] internal long Count;

    /// <summary>How often it arrived in a result. Whoever sent it so keeps it until this has gone up.</summary>
    [FieldOffset(128)] internal long Received;

    /// <summary>Not 0 once the object was disposed of where it was made; others should look whether they still need it.</summary>
    [FieldOffset(136)] internal int Closed;
}
