using Tandem.BackgroundWork;
using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Transport;

namespace Tandem.InWorker;

/// <summary>
/// Warms up a worker with a dummy call that takes the same path as real calls. It runs while the process connects to its parent, so that
/// the first real call finds all code loaded.
/// </summary>
internal static unsafe class WorkerWarmUp
{
    internal static void Begin() => Background.Thread("Tandem warm-up", 256 * 1024, Run).UnsafeStart();

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
            // Whatever the problem is, a real call will encounter and report it.
        }
    }

    /// <summary>A link without a parent: drops everything that is sent.</summary>
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
