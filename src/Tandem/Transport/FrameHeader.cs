using System.Runtime.InteropServices;

namespace Tandem.Transport;

/// <summary>The header of every frame, on rings and on streams.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct FrameHeader
{
    internal const int Size = 16;

    /// <summary>Changes whenever the format of a frame or the layout of shared memory changes; both sides compare it.</summary>
    internal const int CurrentVersion = 4;

    /// <summary>The maximum number of items that a worker can have at once, over every transport. Slot numbers start at 0.</summary>
    internal const int Slots = 256;

    /// <summary>Replaces the slot in frames that belong to the worker's startup and not to an item.</summary>
    internal const int StartupSlot = 0xFFFF;

    /// <summary>
    /// The value of <see cref="Extra"/> in a definition that no item needs yet, so that the worker has time to warm it up.
    /// </summary>
    internal const int Ahead = 1;

    /// <summary>
    /// The value of <see cref="Extra"/> in a <see cref="FrameKind.Taken"/> frame if the parent has opened all objects.
    /// </summary>
    internal const int AllTaken = 1;

    /// <summary>
    /// The value of <see cref="Extra"/> in a <see cref="FrameKind.Cancel"/> frame for the token that the work received as an argument,
    /// not one that it captured.
    /// </summary>
    internal const int OwnToken = -1;

    [FieldOffset(0)] internal int BodyLength;
    [FieldOffset(4)] internal FrameKind Kind;
    [FieldOffset(5)] internal byte Version;
    [FieldOffset(6)] internal ushort Slot;
    [FieldOffset(8)] internal uint Sequence;
    /// <summary>Depends on the kind: the number of a token or progress receiver, or the index of an element.</summary>
    [FieldOffset(12)] internal int Extra;
}
