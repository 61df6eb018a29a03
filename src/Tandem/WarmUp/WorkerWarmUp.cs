using System.Reflection;
using System.Runtime.CompilerServices;
using Tandem.BackgroundWork;
using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.WarmUp;

/// <summary>
/// Warm-up in a worker process: a dummy call that takes the same path as real calls, and the compilation of methods that the parent
/// defines ahead. Nothing depends on it but time, so all that it throws is dropped: a real call will meet the same problem and report it.
/// </summary>
internal static unsafe class WorkerWarmUp
{
    /// <summary>Starts a dummy call on a thread of its own, while the process connects to its parent.</summary>
    /// <param name="createLoop">Creates a loop that handles frames and answers to the link.</param>
    /// <returns>What to do with a method that the parent has defined ahead of the first item that needs it.</returns>
    internal static Action<RemoteMethod> Begin(Func<ParentLink, FrameHandler> createLoop)
    {
        Background.Thread("Tandem warm-up", 256 * 1024, () => Call(createLoop)).UnsafeStart();
        return Compile;
    }

    private static void Call(Func<ParentLink, FrameHandler> createLoop)
    {
        try
        {
            FrameHandler handle = createLoop(new NoParent());
            var remoteMethod = new RemoteMethod(WorkMethod.Describe(static () => { }), PlainAdapter<VoidResult>.Instance);
            ReadOnlySpan<byte> definition = remoteMethod.Definition;
            fixed (byte* body = definition)
                handle(new Frame { Kind = FrameKind.Define, Body = body, BodyLength = definition.Length });

            var message = new InvokeMessage { RemoteMethod = remoteMethod.Number };
            handle(new Frame { Kind = FrameKind.Invoke, Body = (byte*)&message, BodyLength = InvokeMessage.Size });
        }
        catch (Exception)
        {
            // A real call will report it.
        }
    }

    /// <summary>Compiles what a call of the method runs, and makes a dummy call with its adapter.</summary>
    private static void Compile(RemoteMethod remoteMethod)
    {
        try
        {
            const BindingFlags Own =
                BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;
            remoteMethod.Method.Compile();
            for (Type? type = remoteMethod.Adapter.GetType(); type is not null && type != typeof(DelegateAdapter); type = type.BaseType)
            {
                RuntimeTypeHandle[] arguments = [.. type.GetGenericArguments().Select(static argument => argument.TypeHandle)];
                foreach (MethodInfo method in type.GetMethods(Own))
                {
                    if (!method.IsAbstract && !method.IsGenericMethodDefinition)
                        RuntimeHelpers.PrepareMethod(method.MethodHandle, arguments);
                }
            }

            remoteMethod.Adapter.Accept(new CallWarmUp());
        }
        catch (Exception)
        {
            // A real call will report it.
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
