using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Tandem.Bench.Children;
using Tandem.Bench.GrpcPeer;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Peers;

/// <summary>gRPC over a Unix socket to another .NET process: what one would take for messages without a shared channel.</summary>
internal sealed class GrpcServer : IAsyncDisposable
{
    private readonly string _socket;
    private readonly Process _server;
    private readonly GrpcChannel _channel;

    private GrpcServer(string socket, Process server, GrpcChannel channel)
    {
        _socket = socket;
        _server = server;
        _channel = channel;
    }

    /// <summary>The server, which is built beside this program and has a framework of its own: workers of this one start without it.</summary>
    private static string Program =>
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Tandem.Bench.GrpcPeer", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "Tandem.Bench.GrpcPeer.dll"));

    internal static async Task<GrpcServer> StartAsync()
    {
        string socket = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"tandem-bench-grpc-{Environment.ProcessId}.sock"));
        var start = new ProcessStartInfo("dotnet", [Program, socket]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        ChildProcess.RemoveTandemVariables(start);
        Process server = System.Diagnostics.Process.Start(start)!;
        if (await server.StandardOutput.ReadLineAsync() is null)
            throw new InvalidOperationException($"{Program} does not serve.");

        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        return new GrpcServer(socket, server, GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }));
    }

    /// <summary>Sends messages in one stream.</summary>
    /// <returns>Messages in a second.</returns>
    internal async Task<double> StreamAsync(int count)
    {
        Clock clock = Clock.Start();
        using AsyncClientStreamingCall<Envelope, Envelope> call = _channel.CreateCallInvoker().AsyncClientStreamingCall(MessageMethods.Sum, null, default);
        for (int i = 0; i < count; i++)
            await call.RequestStream.WriteAsync(new Envelope(new Message(i, i)));
        await call.RequestStream.CompleteAsync();
        return (await call.ResponseAsync).Message.Number == (long)count * (count - 1) / 2
            ? count / clock.Seconds
            : throw new InvalidOperationException("Messages were lost.");
    }

    /// <summary>Sends a message in an open stream when the one before has come back.</summary>
    /// <returns>Microseconds of a round trip, the median.</returns>
    internal async Task<double> RoundTripAsync(int count)
    {
        using AsyncDuplexStreamingCall<Envelope, Envelope> call = _channel.CreateCallInvoker().AsyncDuplexStreamingCall(MessageMethods.Echo, null, default);
        double[] laps = new double[count];
        for (int i = 0; i < count; i++)
        {
            Clock clock = Clock.Start();
            await call.RequestStream.WriteAsync(new Envelope(new Message(i, i)));
            await call.ResponseStream.MoveNext(CancellationToken.None);
            laps[i] = clock.Microseconds;
        }

        await call.RequestStream.CompleteAsync();
        return Statistics.Median(laps);
    }

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        ChildProcess.End(_server);
        File.Delete(_socket);
        return ValueTask.CompletedTask;
    }
}
