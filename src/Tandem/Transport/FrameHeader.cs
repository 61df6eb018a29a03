using System.Runtime.InteropServices;

namespace Tandem.Transport;

/// <summary>What precedes every frame, on rings and on streams.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct FrameHeader
{
    internal const int Size = 16;

    /// <summary>Changes with every change to a frame, or to the layout of shared memory; both sides compare it.</summary>
    internal const int CurrentVersion = 3;

    /// <summary>How many items a worker can have at once, over every transport. Their slots count from 0.</summary>
    internal const int Slots = 256;

    /// <summary>In place of a slot: the frame is about the worker's startup, and not about an item.</summary>
    internal const int StartupSlot = 0xFFFF;

    /// <summary>In <see cref="Extra"/> of a definition: it is not needed yet, there is time to prepare for it.</summary>
    internal const int Ahead = 1;

    /// <summary>In a <see cref="FrameKind.Cancel"/> frame: the token that the work was given, not one that it captured.</summary>
    internal const int OwnToken = -1;

    [FieldOffset(0)] internal int BodyLength;
    [FieldOffset(4)] internal FrameKind Kind;
    [FieldOffset(5)] internal byte Version;
    [FieldOffset(6)] internal ushort Slot;
    [FieldOffset(8)] internal uint Sequence;
    /// <summary>Kind-specific: the number of a token or progress receiver, the index of an element.</summary>
    [FieldOffset(12)] internal int Extra;
}
