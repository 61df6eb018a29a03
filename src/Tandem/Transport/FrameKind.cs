namespace Tandem.Transport;

/// <summary>The kind of a frame. The values are part of the wire format.</summary>
internal enum FrameKind : byte
{
    /// <summary>Fills the unused rest of a ring.</summary>
    Padding = 0,

    /// <summary>Worker to parent: the worker is connected.</summary>
    Hello = 1,

    /// <summary>Parent to worker: defines a method, which later frames refer to by number.</summary>
    Define = 2,

    /// <summary>Parent to worker: creates the worker's state; answered by Result.</summary>
    Initialize = 3,

    /// <summary>Parent to worker: runs an item; answered by exactly one Result.</summary>
    Invoke = 4,

    /// <summary>Worker to parent: the outcome of an item.</summary>
    Result = 5,

    /// <summary>Worker to parent: a report for a captured progress receiver.</summary>
    Progress = 6,

    /// <summary>Worker to parent, portable transport: an element is about to start.</summary>
    Started = 7,

    /// <summary>Worker to parent, portable transport: the outcome of one element of a chunk.</summary>
    Element = 8,

    /// <summary>Parent to worker, control channel: a token of an item was cancelled.</summary>
    Cancel = 9,

    /// <summary>Parent to worker: exit once idle.</summary>
    Stop = 10,

    /// <summary>Parent to worker: the trace context of the next item.</summary>
    Trace = 11,

    /// <summary>Parent to worker: the cultures of the next item's caller; with the startup slot, the worker's default cultures.</summary>
    Culture = 12,

    /// <summary>
    /// Worker to parent: shared objects of an outcome that follows; the parent opens them while the worker lives. Answered by Taken.
    /// </summary>
    HandOver = 13,

    /// <summary>Parent to worker, control channel: the objects of a HandOver frame were opened, or could not be opened.</summary>
    Taken = 14,
}
