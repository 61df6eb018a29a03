using Tandem.BackgroundWork;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Transport;

namespace Tandem.InWorker;

/// <summary>
/// A call that goes the way of all calls through a worker, but comes from nobody and does nothing: it is made while the process connects
/// to its parent, so that the first real call finds everything loaded.
/// </summary>
internal static unsafe class Rehearsal
{
    internal static void Begin() => Background.Thread("Tandem rehearsal", 256 * 1024, Run).UnsafeStart();

    private static void Run()
    {
        try
        {
            var loop = new WorkerLoop(new NoParent(), 1);
            var callable = new Callable(WorkMethod.Describe(static () => { }), PlainForm<Nothing>.Instance);
            ReadOnlySpan<byte> definition = callable.Definition;
            fixed (byte* body = definition)
                loop.Handle(new Frame { Kind = FrameKind.Define, Body = body, BodyLength = definition.Length });

            var message = new InvokeMessage { Callable = callable.Number };
            loop.Handle(new Frame { Kind = FrameKind.Invoke, Body = (byte*)&message, BodyLength = InvokeMessage.Size });
        }
        catch (Exception)
        {
            // Whatever is wrong, a real call will meet and tell.
        }
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

        internal override void BeginChunk(PayloadWriter writer, ICallLinks links)
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
