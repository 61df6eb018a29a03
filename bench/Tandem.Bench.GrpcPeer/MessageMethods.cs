using System.Buffers;
using System.Runtime.InteropServices;
using Grpc.Core;

namespace Tandem.Bench.GrpcPeer;

/// <summary>A message of 16 bytes, as they go through the shared channel that gRPC is compared with.</summary>
public readonly record struct Message(long Number, long Stamp);

/// <summary>A message as gRPC takes it, which knows classes only.</summary>
public sealed record Envelope(Message Message);

/// <summary>What the peer serves. Messages travel as they lie in memory: no generated code is slower or faster than that.</summary>
internal static class MessageMethods
{
    private static readonly Marshaller<Envelope> Raw = Marshallers.Create(Write, Read);

    /// <summary>Takes a stream of messages and answers with the sum of their numbers.</summary>
    internal static readonly Method<Envelope, Envelope> Sum = new(MethodType.ClientStreaming, "Messages", "Sum", Raw, Raw);

    /// <summary>Answers each message of a stream with itself.</summary>
    internal static readonly Method<Envelope, Envelope> Echo = new(MethodType.DuplexStreaming, "Messages", "Echo", Raw, Raw);

    private static unsafe void Write(Envelope envelope, SerializationContext context)
    {
        context.SetPayloadLength(sizeof(Message));
        IBufferWriter<byte> writer = context.GetBufferWriter();
        MemoryMarshal.Write(writer.GetSpan(sizeof(Message)), envelope.Message);
        writer.Advance(sizeof(Message));
        context.Complete();
    }

    private static unsafe Envelope Read(DeserializationContext context)
    {
        Message message;
        context.PayloadAsReadOnlySequence().CopyTo(new Span<byte>(&message, sizeof(Message)));
        return new Envelope(message);
    }
}
