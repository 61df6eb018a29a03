using System.IO.Pipes;
using Tandem.Serialization;

namespace Tandem.Transport.Portable;

/// <summary>The worker's end of a connection over two pipes.</summary>
internal sealed unsafe class PortableParentLink : ParentLink
{
    private readonly NamedPipeClientStream _data;
    private readonly NamedPipeClientStream _control;
    private readonly FrameReader _reader;
    private readonly FrameReader _controlReader;
    private readonly FrameBuffer _outgoing = new();
    private readonly Lock _sending = new();
    private volatile bool _stopped;

    internal PortableParentLink(string name)
    {
        _data = Connect(name);
        _control = Connect(name + ".c");
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

    // Wakes the main thread where it waits.
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
                // Told to end while it was still starting: nobody waits for what this says. An error of the pipe when it is closed in
                // the middle of the call, the other one before it.
            }

            _outgoing.Shrink();
        }
    }

    private static NamedPipeClientStream Connect(string name)
    {
        var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.CurrentUserOnly);
        pipe.Connect(TimeSpan.FromSeconds(30));
        return pipe;
    }
}
