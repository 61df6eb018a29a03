using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Transport;

namespace Tandem.Worker;

/// <summary>
/// A call that goes the way of all calls through a worker, but comes from nobody and does nothing: a spare makes it while it waits, so
/// that its first real call, for which somebody waits after a crash, finds everything loaded.
/// </summary>
internal static unsafe class Rehearsal
{
    internal static void Run()
    {
        var loop = new WorkerLoop(new NoParent(), 1, new Guest(static _ => Task.CompletedTask, static () => { }));
        int number = 0;
        loop.Handle(new Frame { Kind = FrameKind.Define, Body = (byte*)&number, BodyLength = sizeof(int) });
        var message = new InvokeMessage { Callable = number };
        loop.Handle(new Frame { Kind = FrameKind.Invoke, Body = (byte*)&message, BodyLength = InvokeMessage.Size });
    }

    private sealed class NoParent : ParentLink
    {
        internal override IPayloadMemory ResultMemory => HeapMemory.Instance;

        internal override bool Receive(out Frame frame)
        {
            frame = default;
            return false;
        }

        internal override void Release()
        {
        }

        internal override bool ReceiveControl(out Frame frame)
        {
            frame = default;
            return false;
        }

        internal override void Stop()
        {
        }

        internal override byte* ResolvePayload(in Frame frame, in InvokeMessage message) => frame.Body + InvokeMessage.Size;

        internal override bool TryStart(int slot, uint sequence, int first, long now) => true;

        internal override void BeginChunk(PayloadWriter writer)
        {
        }

        internal override void AdvanceChunk(int slot, uint sequence, int next, PayloadWriter writer)
        {
        }

        internal override void Send(FrameKind kind, int slot, uint sequence, int extra, ReadOnlySpan<byte> body)
        {
        }

        internal override void SendResult(int slot, uint sequence, ResultMessage message, PayloadWriter writer)
        {
        }
    }
}
