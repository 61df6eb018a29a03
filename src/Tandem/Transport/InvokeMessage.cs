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
