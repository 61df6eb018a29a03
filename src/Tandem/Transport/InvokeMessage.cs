using System.Runtime.InteropServices;

namespace Tandem.Transport;

/// <summary>
/// The fixed part of an <see cref="FrameKind.Invoke"/> or <see cref="FrameKind.Initialize"/> frame; an inline payload follows it.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct InvokeMessage
{
    internal const int Size = 40;

    /// <summary>The number of the method, from its definition.</summary>
    [FieldOffset(0)] internal int RemoteMethod;

    /// <summary>For a chunk: the index of the first element to run. The elements before it are already settled.</summary>
    [FieldOffset(4)] internal int First;

    /// <summary>The number of elements in the payload; 0 for a single call.</summary>
    [FieldOffset(8)] internal int Count;

    /// <summary>1 if the payload is in the request area, 0 if it follows this message.</summary>
    [FieldOffset(12)] internal int InArea;

    /// <summary>The payload's offset in the request area.</summary>
    [FieldOffset(16)] internal long Offset;
    /// <summary>The size of the payload, in bytes.</summary>
    [FieldOffset(24)] internal long Length;

    /// <summary>How much private memory the worker may use while the item runs, in bytes; 0 for no limit.</summary>
    [FieldOffset(32)] internal long MemoryLimit;
}
