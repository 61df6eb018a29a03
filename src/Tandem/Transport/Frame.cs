using System.Runtime.InteropServices;

namespace Tandem.Transport;

/// <summary>What a frame is. Values are part of the wire format.</summary>
internal enum FrameKind : byte
{
    /// <summary>Fills a ring up to its end.</summary>
    Padding = 0,

    /// <summary>Worker to parent: the worker is there.</summary>
    Hello = 1,

    /// <summary>Parent to worker: describes a method, so that later frames name it by number.</summary>
    Define = 2,

    /// <summary>Parent to worker: builds the worker's state; answered by Result.</summary>
    Initialize = 3,

    /// <summary>Parent to worker: runs an item; answered by exactly one Result.</summary>
    Invoke = 4,

    /// <summary>Worker to parent: the outcome of an item.</summary>
    Result = 5,

    /// <summary>Worker to parent: a report for a captured progress receiver.</summary>
    Progress = 6,

    /// <summary>Worker to parent, portable transport: an element is about to run.</summary>
    Started = 7,

    /// <summary>Worker to parent, portable transport: the result of one element of a chunk.</summary>
    Element = 8,

    /// <summary>Parent to worker, control channel: a token of an item was cancelled.</summary>
    Cancel = 9,

    /// <summary>Parent to worker: ends the worker once it is idle.</summary>
    Stop = 10,

    /// <summary>Parent to worker: the trace that the next item belongs to.</summary>
    Trace = 11,

    /// <summary>Parent to worker: the cultures of the next item's caller; in the slot for the startup, the worker's defaults.</summary>
    Culture = 12,
}

/// <summary>What precedes every frame, on rings and on streams.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct FrameHeader
{
    internal const int Size = 16;

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

/// <summary>A frame that was read; its body is valid until the next read.</summary>
internal unsafe struct Frame
{
    internal FrameKind Kind;
    internal int Slot;
    internal uint Sequence;
    internal int Extra;
    internal byte* Body;
    internal int BodyLength;
}

/// <summary>Thrown when the other side broke the protocol; what it holds is not to be trusted any more.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
