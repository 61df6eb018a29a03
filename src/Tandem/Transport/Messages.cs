using System.Runtime.InteropServices;

namespace Tandem.Transport;

/// <summary>The fixed part of an <see cref="FrameKind.Invoke"/> or <see cref="FrameKind.Initialize"/> frame; an inline payload follows it.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct InvokeMessage
{
    internal const int Size = 40;

    /// <summary>The number of the method, as defined before.</summary>
    [FieldOffset(0)] internal int Callable;

    /// <summary>For a chunk: the first element to run; those before it have been settled.</summary>
    [FieldOffset(4)] internal int First;

    /// <summary>Elements in the payload; 0 for a single call.</summary>
    [FieldOffset(8)] internal int Count;

    /// <summary>1 when the payload is in the request area, 0 when it follows here.</summary>
    [FieldOffset(12)] internal int InArea;

    [FieldOffset(16)] internal long Offset;
    [FieldOffset(24)] internal long Length;

    /// <summary>How much private memory the worker may hold while this runs, in bytes; 0 for any.</summary>
    [FieldOffset(32)] internal long MemoryLimit;
}

/// <summary>How an item ended, as the worker tells it.</summary>
internal enum Outcome
{
    /// <summary>The payload is the result.</summary>
    Completed = 0,

    /// <summary>The payload is an exception.</summary>
    Failed = 1,

    /// <summary>The work threw <see cref="OperationCanceledException"/>; the payload is that exception.</summary>
    Canceled = 2,

    /// <summary>The item was taken back before it started.</summary>
    Revoked = 3,

    /// <summary>A chunk: the payload holds the outcomes of the elements up to <see cref="ResultMessage.Finished"/>.</summary>
    Chunk = 4,
}

/// <summary>The fixed part of a <see cref="FrameKind.Result"/> frame; an inline payload follows it.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ResultMessage
{
    internal const int Size = 40;

    [FieldOffset(0)] internal Outcome Outcome;

    /// <summary>For a chunk: the first element that did not run.</summary>
    [FieldOffset(4)] internal int Finished;

    /// <summary>1 when the payload is in the worker's result area, 0 when it follows here.</summary>
    [FieldOffset(8)] internal int InArea;

    /// <summary>How long the work ran, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    [FieldOffset(16)] internal long Elapsed;

    [FieldOffset(24)] internal long Offset;
    [FieldOffset(32)] internal long Length;
}
