using System.Runtime.InteropServices;

namespace Tandem.Sharing;

/// <summary>The fields that all processes write. Each has its own pair of cache lines, because pairs are prefetched together.</summary>
[StructLayout(LayoutKind.Explicit, Size = ChannelLayout.ErrorOffset)]
internal struct ChannelControl
{
    [FieldOffset(0)] internal int CellSize;
    [FieldOffset(4)] internal int LongestElement;
    [FieldOffset(8)] internal int FullMode;

    /// <summary>
    /// All positions below are claimed by writers. May lag behind the first unclaimed position, but is never ahead of it.
    /// </summary>
    [FieldOffset(128)] internal long Tail;

    /// <summary>The same as <see cref="Tail"/>, for readers.</summary>
    [FieldOffset(256)] internal long Head;

    /// <summary>Readers wait on it.</summary>
    [FieldOffset(384)] internal ChannelBell NotEmpty;
    /// <summary>Writers wait on it.</summary>
    [FieldOffset(512)] internal ChannelBell NotFull;

    /// <summary>0: open; 1: completed; 2: completed with an error. Written once, under the lock.</summary>
    [FieldOffset(640)] internal int Completed;

    /// <summary>The size of the serialized error, in bytes.</summary>
    [FieldOffset(644)] internal int ErrorLength;

    /// <summary>
    /// Counts the elements that were replaced by newer ones (drop-newest mode). Incremented between the claim and the publication.
    /// </summary>
    [FieldOffset(648)] internal long Replacements;
}
