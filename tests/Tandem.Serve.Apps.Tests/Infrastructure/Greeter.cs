using System.Text;
using Grpc.Core;
using Grpc.Net.Client;

namespace Tandem.Serve.Apps.Tests.Infrastructure;

/// <summary>The service of the SDK's gRPC template, whose messages hold one short string each: field 1, so written without generated code.</summary>
internal static class Greeter
{
    private const byte FirstFieldAsBytes = 0x0a;

    private static readonly Marshaller<string> Message = Marshallers.Create(Write, Read);
    private static readonly Method<string, string> SayHello = new(MethodType.Unary, "greet.Greeter", "SayHello", Message, Message);

    internal static async Task<string> SayHelloAsync(string address, string name)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(address);
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        using AsyncUnaryCall<string> call = channel.CreateCallInvoker().AsyncUnaryCall(SayHello, host: null, options, name);
        return await call;
    }

    private static byte[] Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.InRange(bytes.Length, 0, 127);
        return [FirstFieldAsBytes, (byte)bytes.Length, .. bytes];
    }

    private static string Read(byte[] message)
    {
        Assert.Equal((FirstFieldAsBytes, message.Length - 2), (message[0], message[1]));
        return Encoding.UTF8.GetString(message.AsSpan(2));
    }
}
