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
