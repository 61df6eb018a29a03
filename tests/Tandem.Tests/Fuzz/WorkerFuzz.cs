using Tandem.Invocation;
using Tandem.InWorker;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.Tests.Fuzz;

/// <summary>
/// A parent that writes nonsense: each frame ends in an answer or in a <see cref="ProtocolException"/>, which ends the worker. What
/// code may run is the parent's to say, so a damaged definition is read, and never run.
/// </summary>
public unsafe class WorkerFuzz
{
    [Fact]
    public void Damaged_invocations_are_answered_or_refused() => Cases.Run(25_000, static random =>
    {
        var link = new FakeParent();
        var loop = new WorkerLoop(link, 1);
        Func<string?, string?> work = static text => text;
        RemoteMethod remoteMethod = RemoteMethod.Of(work, ArgumentAdapter<string?, string?>.Instance);
        Send(loop, FrameKind.Define, remoteMethod.Definition.ToArray());

        for (int i = random.Next(1, 5); i > 0; i--)
        {
            byte[] body = Invocation(random, remoteMethod.Number);
            // The number of the method stays: another one could be anybody's.
            Cases.Mutate(random, body.AsSpan(sizeof(int)));
            // And no memory limit, which would hold for this very process.
            body.AsSpan(InvokeMessage.Size - sizeof(long), sizeof(long)).Clear();
            int answers = link.Answers;
            try
            {
                Send(loop, FrameKind.Invoke, random.Next(10) == 0 ? body[..random.Next(body.Length)] : body);
                Assert.Equal(answers + 1, link.Answers);
            }
            catch (ProtocolException)
            {
                // As it should.
            }
        }
    });

    [Fact]
    public void Damaged_definitions_and_unknown_frames_are_kept_as_errors_or_refused() => Cases.Run(15_000, static random =>
    {
        var loop = new WorkerLoop(new FakeParent(), 1);
        Func<string?, string?> work = static text => text;
        byte[] body = RemoteMethod.Of(work, ArgumentAdapter<string?, string?>.Instance).Definition.ToArray();
        Cases.Mutate(random, body);
        if (random.Next(4) == 0)
            body = body[..random.Next(body.Length)];

        FrameKind kind = random.Next(4) == 0 ? (FrameKind)random.Next(11, 256) : FrameKind.Define;
        try
        {
            Send(loop, kind, body);
        }
        catch (ProtocolException)
        {
            // As it should.
        }
    });

    private static void Send(WorkerLoop loop, FrameKind kind, byte[] body)
    {
        fixed (byte* start = body)
        {
            var frame = new Frame { Kind = kind, Slot = 1, Sequence = 1, Body = start, BodyLength = body.Length };
            loop.Handle(in frame);
        }
    }

    private static byte[] Invocation(Random random, int remoteMethod)
    {
        using var writer = new PayloadWriter();
        writer.Begin(HeapMemory.Instance);
        Codec<string?>.Instance.Write(writer, "an argument");
        var message = new InvokeMessage { RemoteMethod = remoteMethod, Length = writer.Length, Count = random.Next(4) == 0 ? random.Next(3) : 0 };
        byte[] body = new byte[InvokeMessage.Size + writer.Length];
        new ReadOnlySpan<byte>(&message, InvokeMessage.Size).CopyTo(body);
        new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).CopyTo(body.AsSpan(InvokeMessage.Size));
        return body;
    }

    /// <summary>The parent, as far as a worker's loop needs one.</summary>
    private sealed class FakeParent : ParentLink
    {
        internal int Answers { get; private set; }

        internal override IPayloadMemory ResultMemory => HeapMemory.Instance;

        internal override bool Receive(out Frame frame) => throw new NotSupportedException();

        internal override void Release()
        {
        }

        internal override bool ReceiveControl(out Frame frame) => throw new NotSupportedException();

        internal override void Stop()
        {
        }

        internal override byte* ResolvePayload(in Frame frame, in InvokeMessage message) =>
            message.InArea == 0 && message.Length >= 0 && message.Length <= frame.BodyLength - InvokeMessage.Size
                ? frame.Body + InvokeMessage.Size
                : throw new ProtocolException("a payload outside of its frame");

        internal override bool TryStart(int slot, uint sequence, int first, long now) => true;

        internal override void BeginChunk(PayloadWriter writer, ICallLinks links) => writer.Begin(ResultMemory, CallLinks.ForResults);

        internal override void AdvanceChunk(int slot, uint sequence, int next, PayloadWriter writer)
        {
        }

        internal override void Send(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body)
        {
        }

        internal override void SendResult(int slot, uint sequence, ResultMessage message, PayloadWriter writer) => Answers++;
    }
}
