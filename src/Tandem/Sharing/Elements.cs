using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>Checks of element types that arrays and channels have in common.</summary>
internal static unsafe class Elements
{
    /// <summary>Throws for a type whose values mean nothing in another process.</summary>
    internal static void CheckMayShare<T>(Isolation isolation)
        where T : unmanaged
    {
        if (isolation == Isolation.Process && !BlittableTypes.MayCopy(typeof(T)))
        {
            throw new NotSupportedException(
                $"{TypeChecks.Display(typeof(T))} holds an address, a handle or a lock, which mean nothing in another process.");
        }
    }

    /// <summary>Throws unless a segment holds what is expected: it was written by another process.</summary>
    internal static void Expect<T>(SharedSegment segment, SegmentKind kind, int elementSize)
    {
        SegmentHeader* header = segment.Header;
        if (header->Kind != kind || header->ElementSize != elementSize || header->ElementType != SharedSegment.Fingerprint(typeof(T)))
            throw new PayloadCorruptException($"a shared {header->Kind} of something else where a {kind} of {TypeChecks.Display(typeof(T))} is due");
    }

    /// <summary>How many elements an array's segment holds, checked against its size.</summary>
    internal static long CountOf<T>(SharedSegment segment)
        where T : unmanaged
    {
        long count = segment.Header->Count;
        if (count < 0 || count > (segment.Length - SharedSegment.DataOffset) / sizeof(T))
            throw new PayloadCorruptException($"a shared array of {count} elements in {segment.Length} bytes");

        return count;
    }
}
