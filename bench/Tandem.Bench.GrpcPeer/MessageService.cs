using Grpc.Core;

namespace Tandem.Bench.GrpcPeer;

/// <summary>gRPC looks for its methods here, by their names in <see cref="MessageMethods"/>.</summary>
[BindServiceMethod(typeof(MessageService), nameof(Bind))]
public class MessageService
{
    public static void Bind(ServiceBinderBase binder, MessageService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(MessageMethods.Sum, service is null ? null : service.Sum);
        binder.AddMethod(MessageMethods.Echo, service is null ? null : service.Echo);
    }

    public virtual async Task<Envelope> Sum(IAsyncStreamReader<Envelope> messages, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(messages);
        long sum = 0;
        while (await messages.MoveNext())
            sum += messages.Current.Message.Number;
        return new Envelope(new Message(sum, 0));
    }

    public virtual async Task Echo(IAsyncStreamReader<Envelope> messages, IServerStreamWriter<Envelope> answers, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(answers);
        while (await messages.MoveNext())
            await answers.WriteAsync(messages.Current);
    }
}
