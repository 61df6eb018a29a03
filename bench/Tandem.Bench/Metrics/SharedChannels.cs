using System.Globalization;
using System.Net.Sockets;
using System.Threading.Channels;
using Tandem.Bench.GrpcPeer;
using Tandem.Bench.Harness;
using Tandem.Bench.Peers;

namespace Tandem.Bench.Metrics;

/// <summary>Messages of 16 bytes through a shared channel, and through what else leads to another process.</summary>
internal static class SharedChannels
{
    private const int Capacity = 1024;

    internal static async Task RunOneToOneAsync(Session session)
    {
        int count = session.Scale(full: 4_000_000, quick: 1_000_000);
        await using var pools = PoolSet.Open(session, 1, Backend.Threads, Backend.Processes);
        await using WorkerPool worker = WorkerPool.Processes(1);
        await using GrpcServer? grpc = session.Wants(Backend.Grpc) ? await GrpcServer.StartAsync() : null;
        await session.CompareAsync(
            Metric.ChannelOne,
            [
                .. pools.Each((pool, backend) => OneToOneAsync(SharedChannel.CreateBounded<Message>(Capacity, IsolationOf(backend)), pool, count)),
                new Contender(Backend.Plain, () => PlainAsync(count)),
                new Contender(Backend.UnixSocket, () => SocketAsync(worker, count / 20)),
                new Contender(Backend.Pipe, () => PipeAsync(worker, count / 20)),
                new Contender(Backend.Grpc, () => grpc!.StreamAsync(count / 20)),
            ],
            rounds: session.Scale(full: 7, quick: 3));
    }

    internal static async Task RunManyToManyAsync(Session session)
    {
        int count = session.Scale(full: 1_000_000, quick: 250_000);
        await using var pools = PoolSet.Open(session, 4, Backend.Threads, Backend.Processes);
        await session.CompareAsync(
            Metric.ChannelMany,
            [
                .. pools.Each((pool, backend) => ManyToManyAsync(SharedChannel.CreateBounded<Message>(Capacity, IsolationOf(backend)), pool, count)),
            ],
            rounds: session.Scale(full: 7, quick: 3));
    }

    internal static async Task RunRoundTripAsync(Session session)
    {
        int count = session.Scale(full: 200_000, quick: 50_000);
        await using var pools = PoolSet.Open(session, 1, Backend.Threads, Backend.Processes);
        await using GrpcServer? grpc = session.Wants(Backend.Grpc) ? await GrpcServer.StartAsync() : null;
        await session.CompareAsync(
            Metric.ChannelRoundTrip,
            [
                .. pools.Each((pool, backend) => RoundTripAsync(pool, IsolationOf(backend), count)),
                new Contender(Backend.Grpc, () => grpc!.RoundTripAsync(count / 50)),
            ],
            rounds: session.Scale(full: 7, quick: 3));
    }

    private static Isolation IsolationOf(string backend) => backend == Backend.Threads ? Isolation.Thread : Isolation.Process;

    private static async Task<double> OneToOneAsync(Channel<Message> channel, WorkerPool pool, int count)
    {
        ChannelReader<Message> reader = channel.Reader;
        Task<long> reading = pool.RunAsync(token => DrainAsync(reader));
        Clock clock = Clock.Start();
        await FillAsync(channel.Writer, count);
        channel.Writer.Complete();
        Check(await reading, count);
        return count / clock.Seconds;
    }

    private static async Task<double> PlainAsync(int count)
    {
        Channel<Message> channel = Channel.CreateBounded<Message>(Capacity);
        Task<long> reading = Task.Run(() => DrainAsync(channel.Reader));
        Clock clock = Clock.Start();
        await FillAsync(channel.Writer, count);
        channel.Writer.Complete();
        Check(await reading, count);
        return count / clock.Seconds;
    }

    private static async Task<double> ManyToManyAsync(Channel<Message> channel, WorkerPool pool, int count)
    {
        ChannelReader<Message> reader = channel.Reader;
        ChannelWriter<Message> writer = channel.Writer;
        Task<long>[] readers = [.. Enumerable.Range(0, 2).Select(_ => pool.RunAsync(token => DrainAsync(reader)))];
        Clock clock = Clock.Start();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => pool.RunAsync(token => FillAsync(writer, count))));
        writer.Complete();
        long sum = (await Task.WhenAll(readers)).Sum();
        double perSecond = 2 * count / clock.Seconds;
        if (sum != (long)count * (count - 1))
            throw new InvalidOperationException("Messages were lost.");

        return perSecond;
    }

    private static async Task<double> RoundTripAsync(WorkerPool pool, Isolation isolation, int count)
    {
        Channel<Message> there = SharedChannel.CreateBounded<Message>(16, isolation);
        Channel<Message> back = SharedChannel.CreateBounded<Message>(16, isolation);
        ChannelReader<Message> requests = there.Reader;
        ChannelWriter<Message> answers = back.Writer;
        Task echo = pool.RunAsync(async token =>
        {
            await foreach (Message message in requests.ReadAllAsync(CancellationToken.None))
                await answers.WriteAsync(message, CancellationToken.None);
        });
        double[] laps = new double[count / 16];
        for (int i = 0; i < laps.Length; i++)
        {
            Clock clock = Clock.Start();
            for (int k = 0; k < 16; k++)
            {
                await there.Writer.WriteAsync(new Message(i, k));
                await back.Reader.ReadAsync();
            }

            laps[i] = clock.Microseconds / 16;
        }

        there.Writer.Complete();
        await echo;
        return Statistics.Median(laps);
    }

    private static async Task<double> SocketAsync(WorkerPool pool, int count)
    {
        string path = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"tandem-bench-{Environment.ProcessId}.sock"));
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        Task<long> reading = pool.RunAsync(() =>
        {
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            client.Connect(new UnixDomainSocketEndPoint(path));
            using var stream = new NetworkStream(client);
            return Drain(stream);
        });
        double perSecond;
        using (Socket socket = await listener.AcceptAsync())
        {
            Clock clock = Clock.Start();
            using (var stream = new NetworkStream(socket, ownsSocket: true))
                Fill(stream, count);
            Check(await reading, count);
            perSecond = count / clock.Seconds;
        }

        File.Delete(path);
        return perSecond;
    }

    private static async Task<double> PipeAsync(WorkerPool pool, int count)
    {
        using var server = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        string path = string.Create(
            CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{server.ClientSafePipeHandle.DangerousGetHandle()}");
        using var opened = new SharedCounter();
        Task<long> reading = pool.RunAsync(() =>
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
            opened.Increment();
            return Drain(stream);
        });
        while (opened.Value == 0)
            await Task.Yield();
        server.DisposeLocalCopyOfClientHandle();
        Clock clock = Clock.Start();
        await Task.Run(() => Fill(server, count));
        server.Dispose();
        Check(await reading, count);
        return count / clock.Seconds;
    }

    private static async Task FillAsync(ChannelWriter<Message> writer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var message = new Message(i, i);
            if (!writer.TryWrite(message))
                await writer.WriteAsync(message);
        }
    }

    private static async Task<long> DrainAsync(ChannelReader<Message> reader)
    {
        long sum = 0;
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out Message message))
                sum += message.Number;
        }

        return sum;
    }

    private static unsafe void Fill(Stream stream, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var message = new Message(i, i);
            stream.Write(new ReadOnlySpan<byte>(&message, sizeof(Message)));
        }
    }

    private static unsafe long Drain(Stream stream)
    {
        long sum = 0;
        Message message;
        while (stream.ReadAtLeast(new Span<byte>(&message, sizeof(Message)), sizeof(Message), throwOnEndOfStream: false) == sizeof(Message))
            sum += message.Number;
        return sum;
    }

    private static void Check(long sum, long count)
    {
        if (sum != count * (count - 1) / 2)
            throw new InvalidOperationException("Messages were lost.");
    }
}
