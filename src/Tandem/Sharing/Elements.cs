using Tandem.Serialization;

namespace Tandem.Sharing;

/// <summary>Checks that arrays and channels have in common.</summary>
internal static unsafe class Elements
{
    /// <summary>Throws for a type whose values have no meaning in another process.</summary>
    internal static void CheckMayShare<T>(Isolation isolation)
        where T : unmanaged
    {
        // A program without pools of processes has no other process to share with, nor all that the check looks at.
        if (isolation == Isolation.Process && ProcessPools.AreSupported && !BlittableTypes.MayCopy(typeof(T)))
        {
            throw new NotSupportedException(
                $"{TypeChecks.Display(typeof(T))} contains an address, a handle or a lock, which has no meaning in another process.");
        }
    }

    /// <summary>
    /// Throws unless a segment holds what the caller expects. The segment was written by another process and is not trusted.
    /// </summary>
    internal static void Expect<T>(SharedSegment segment, SegmentKind kind, int elementSize)
    {
        SegmentHeader* header = segment.Header;
        if (header->Kind != kind || header->ElementSize != elementSize || header->ElementType != SharedSegment.Fingerprint(typeof(T)))
        {
            throw new PayloadCorruptException(
                $"a shared {header->Kind} with other elements where a {kind} of {TypeChecks.Display(typeof(T))} was expected");
        }
    }

    /// <summary>Returns the number of elements of an array's segment, checked against the segment's size.</summary>
    internal static long CountOf<T>(SharedSegment segment)
        where T : unmanaged
    {
        long count = segment.Header->Count;
        if (count < 0 || count > (segment.Length - SharedSegment.DataOffset) / sizeof(T))
            throw new PayloadCorruptException($"a shared array of {count} elements in {segment.Length} bytes");

        return count;
    }
}
