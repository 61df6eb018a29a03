namespace Tandem.Transport.SharedMemory;

/// <summary>
/// The layout of the region that parent and worker share in addition to the payload areas: header, item cells, released blocks, request
/// ring, response ring.
/// </summary>
internal static class LinkLayout
{
    internal const int RingCapacity = 256 * 1024;

    internal const int HeaderSize = 128;
    internal const int CellsOffset = HeaderSize;
    internal const int ReleasesOffset = CellsOffset + FrameHeader.Slots * ItemCell.Size;
    internal const int ReleasesSize = 256 + FrameHeader.Slots * 4 * sizeof(long);
    internal const int RequestRingOffset = ReleasesOffset + ReleasesSize;
    internal const int ResponseRingOffset = RequestRingOffset + RingControl.Size + RingCapacity;
    internal const int Size = ResponseRingOffset + RingControl.Size + RingCapacity;
}
