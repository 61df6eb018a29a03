namespace Tandem.Transport;

/// <summary>A received frame. The body is valid until the next read.</summary>
internal unsafe struct Frame
{
    internal FrameKind Kind;
    internal int Slot;
    internal uint Sequence;
    internal int Extra;
    internal byte* Body;
    internal int BodyLength;
}
