namespace Tandem.Sharing;

/// <summary>The layout of a channel's segment.</summary>
/// <remarks>
/// <code>
///   page 0   SegmentHeader │ owners: 256 × ChannelOwner │ LockWords, which guards the owners and the completion
///   page 1…  ChannelControl │ the completion error │ cells │ extents for elements that do not fit into their cell
/// </code>
/// </remarks>
internal static class ChannelLayout
{
    internal const int Owners = 256;
    internal const int OwnersOffset = SegmentHeader.Size;
    internal const int LockOffset = OwnersOffset + (Owners * 8);

    internal const int ErrorOffset = 1024;
    internal const int LongestError = 3072;

    /// <summary>The offset from the start of the second page.</summary>
    internal const int CellsOffset = ErrorOffset + LongestError;

    /// <summary>The size of the cell's state, a <see cref="CellState"/>.</summary>
    internal const int CellHeader = 8;

    /// <summary>The size of the length field (in bytes) of cells whose elements a codec writes.</summary>
    internal const int LengthSize = 8;

    /// <summary>The size of a cell whose element a codec writes.</summary>
    internal const int CodecCell = 256;
    /// <summary>The largest serialized element that fits into its cell.</summary>
    internal const int LongestInline = CodecCell - CellHeader - LengthSize;
}
