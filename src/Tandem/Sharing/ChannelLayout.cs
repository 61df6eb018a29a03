using System.Runtime.InteropServices;

namespace Tandem.Sharing;

/// <summary>The layout of a channel's segment.</summary>
/// <remarks>
/// <code>
///   page 0   SegmentHeader │ owners: 256 × ChannelOwner │ LockWords, which guard the owners and the completion
///   page 1…  ChannelControl │ the error of the completion │ cells │ extents for elements that outgrow their cell
/// </code>
/// </remarks>
internal static class ChannelLayout
{
    internal const int Owners = 256;
    internal const int OwnersOffset = SegmentHeader.Size;
    internal const int LockOffset = OwnersOffset + (Owners * 8);

    internal const int ErrorOffset = 1024;
    internal const int LongestError = 3072;

    /// <summary>From the beginning of the second page.</summary>
    internal const int CellsOffset = ErrorOffset + LongestError;

    /// <summary>The state, a <see cref="CellState"/>.</summary>
    internal const int CellHeader = 8;

    /// <summary>In cells of elements that are written by a codec: the length, in bytes.</summary>
    internal const int LengthSize = 8;

    internal const int CodecCell = 256;
    internal const int LongestInline = CodecCell - CellHeader - LengthSize;
}

/// <summary>A process that has the channel open.</summary>
internal struct ChannelOwner
{
    /// <summary>0 for nobody, else the id of its keeper; FUTEX_OWNER_DIED once that process is dead.</summary>
    internal int Presence;

    internal int ProcessId;
}

/// <summary>What all processes of a channel write, each on cache lines of its own (pairs of them, which are prefetched together).</summary>
[StructLayout(LayoutKind.Explicit, Size = ChannelLayout.ErrorOffset)]
internal struct ChannelControl
{
    [FieldOffset(0)] internal int CellSize;
    [FieldOffset(4)] internal int LongestElement;
    [FieldOffset(8)] internal int FullMode;

    /// <summary>A position up to which all are claimed by writers; the first that is not lies there or ahead.</summary>
    [FieldOffset(128)] internal long Tail;

    /// <summary>The same for readers.</summary>
    [FieldOffset(256)] internal long Head;

    [FieldOffset(384)] internal ChannelBell NotEmpty;
    [FieldOffset(512)] internal ChannelBell NotFull;

    /// <summary>0 while open, 1 when complete, 2 when complete with an error. Written once, under the lock.</summary>
    [FieldOffset(640)] internal int Completed;

    [FieldOffset(644)] internal int ErrorLength;
}

/// <summary>The phase of a cell, for its position.</summary>
internal enum CellPhase
{
    /// <summary>To be written.</summary>
    Empty = 0,

    /// <summary>Claimed by a writer.</summary>
    Writing = 1,

    /// <summary>Holds an element.</summary>
    Full = 2,

    /// <summary>Claimed by a reader.</summary>
    Reading = 3,

    /// <summary>Its writer died, or came too late; readers pass over it.</summary>
    Skipped = 4,
}

/// <summary>The state of a cell in one word: the position (53 bits: decades), the phase, and who claimed it.</summary>
internal readonly record struct CellState(long Value)
{
    private const int PositionShift = 11;
    private const int PhaseShift = 8;

    internal CellState(long position, CellPhase phase, int owner = 0)
        : this((position << PositionShift) | ((long)phase << PhaseShift) | (long)(uint)owner)
    {
    }

    internal long Position => (long)((ulong)Value >> PositionShift);

    internal CellPhase Phase => (CellPhase)((Value >> PhaseShift) & 7);

    internal int Owner => (int)(Value & 0xFF);
}
