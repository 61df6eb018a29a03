using System.Runtime.InteropServices;

namespace Tandem.Transport;

/// <summary>The fixed part of a <see cref="FrameKind.Result"/> frame; an inline payload follows it.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ResultMessage
{
    internal const int Size = 40;

    [FieldOffset(0)] internal Outcome Outcome;

    /// <summary>For a chunk: the index of the first element that did not run.</summary>
    [FieldOffset(4)] internal int Finished;

    /// <summary>1 if the payload is in the worker's result area, 0 if it follows this message.</summary>
    [FieldOffset(8)] internal int InArea;

    /// <summary>How long the work ran, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    [FieldOffset(16)] internal long Elapsed;

    /// <summary>The payload's offset in the result area.</summary>
    [FieldOffset(24)] internal long Offset;
    /// <summary>The size of the payload, in bytes.</summary>
    [FieldOffset(32)] internal long Length;

    /// <exception cref="ProtocolException">The frame is too short.</exception>
    internal static unsafe ResultMessage Read(in Frame frame) => frame.BodyLength >= Size
        ? *(ResultMessage*)frame.Body
        : throw new ProtocolException($"a result of {frame.BodyLength} bytes");
}
