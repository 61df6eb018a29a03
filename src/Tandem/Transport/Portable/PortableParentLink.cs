using System.IO.Pipes;
using Tandem.Serialization;

namespace Tandem.Transport.Portable;

/// <summary>The worker's side of a connection over two pipes.</summary>
internal sealed unsafe class PortableParentLink : ParentLink
{
    private readonly Stream _data;
    private readonly Stream _control;
    private readonly FrameReader _reader;
    private readonly FrameReader _controlReader;
    private readonly FrameBuffer _outgoing = new(); // guarded by _sending
    private readonly Lock _sending = new(); // serializes writes to the data pipe
    private volatile bool _stopped; // set before the data pipe is closed

    internal PortableParentLink(string name)
    {
        _data = Connect(name);
        _control = Connect(name + PortableLink.ControlSuffix);
        _reader = new FrameReader(_data);
        _controlReader = new FrameReader(_control);
    }

    internal override IPayloadMemory ResultMemory => HeapMemory.Instance;

    internal override bool Receive(out Frame frame) => _reader.TryRead(out frame);

    internal override void Release()
    {
    }

    internal override bool ReceiveControl(out Frame frame)
    {
        if (_controlReader.TryRead(out frame))
            return true;

        Stop();
        return false;
    }

    // Unblocks the main thread if it waits in Receive.
    internal override void Stop()
    {
        _stopped = true;
        _data.Dispose();
    }

    internal override byte* ResolvePayload(in Frame frame, in InvokeMessage message) =>
        message.InArea == 0 && message.Length >= 0 && message.Length <= frame.BodyLength - InvokeMessage.Size
            ? frame.Body + InvokeMessage.Size
            : throw new ProtocolException($"a payload of {message.Length} bytes in a frame of {frame.BodyLength}");

    internal override bool TryStart(int slot, uint sequence, int first, long now)
    {
        Write(FrameKind.Started, slot, sequence, first, new ReadOnlySpan<byte>(&now, sizeof(long)), null, 0);
        return true;
    }

    internal override void BeginChunk(PayloadWriter writer, ICallLinks links) => writer.Begin(ResultMemory, links);

    internal override void AdvanceChunk(int slot, uint sequence, int next, PayloadWriter writer)
    {
        Write(FrameKind.Element, slot, sequence, next, [], writer.Start, writer.Length);
        writer.Truncate(0);
    }

    internal override void Send(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body) =>
        Write(kind, slot, sequence, extra, body, null, 0);

    internal override void SendResult(int slot, uint sequence, ResultMessage message, PayloadWriter writer)
    {
        message.Length = writer.Length;
        Write(FrameKind.Result, slot, sequence, 0, new ReadOnlySpan<byte>(&message, ResultMessage.Size), writer.Start, writer.Length);
    }

    private void Write(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> head, byte* tail, nint tailLength)
    {
        lock (_sending)
        {
            _outgoing.Clear();
            _outgoing.Append(kind, slot, sequence, extra, head, tail, tailLength);
            try
            {
                _data.Write(_outgoing.Bytes);
            }
            catch (Exception e) when (_stopped && e is ObjectDisposedException or IOException)
            {
                // The parent asked this worker to exit while it was still starting, so nothing reads this frame. The pipe throws an
                // IOException if it is closed during the call, and an ObjectDisposedException if it was closed before.
            }

            _outgoing.Shrink();
        }
    }

    private static Stream Connect(string name)
    {
        var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        pipe.Connect(TimeSpan.FromSeconds(30));
        return OverlappedPipe.Over(pipe);
    }
}
