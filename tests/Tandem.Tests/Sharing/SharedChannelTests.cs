using System.Threading.Channels;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Sharing;

/// <summary>What the abstract classes of channels promise, on every backend.</summary>
public abstract class SharedChannelPromises(Backend backend)
{
    private Isolation Isolation => backend.Isolation;

    [Fact(Timeout = Limits.Test)]
    public async Task Elements_come_once_and_in_order_from_workers_to_this_process_and_back()
    {
        Channel<int> requests = SharedChannel.CreateBounded<int>(16, Isolation);
        Channel<long> answers = SharedChannel.CreateBounded<long>(3, Isolation);
        Task work = backend.Pool.RunAsync(async token =>
        {
            await foreach (int request in requests.Reader.ReadAllAsync(token))
                await answers.Writer.WriteAsync(request * 2L, token);
            answers.Writer.Complete();
        });
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 20_000; i++)
                await requests.Writer.WriteAsync(i);
            requests.Writer.Complete();
        });

        Assert.Equal(Enumerable.Range(0, 20_000).Select(static i => i * 2L), await answers.Reader.ReadAllAsync().ToListAsync());
        await Task.WhenAll(work, writing, answers.Reader.Completion);
        Assert.False(answers.Writer.TryWrite(1));
        Assert.False(await answers.Reader.WaitToReadAsync());
        await Assert.ThrowsAsync<ChannelClosedException>(() => answers.Reader.ReadAsync().AsTask());
        await Assert.ThrowsAsync<ChannelClosedException>(() => answers.Writer.WriteAsync(1).AsTask());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Many_write_and_many_read_and_nothing_is_lost_doubled_or_out_of_its_writers_order()
    {
        const int Each = 20_000;
        Channel<(int Writer, int Number)> channel = SharedChannel.CreateBounded<(int, int)>(100, Isolation);
        using var bad = new SharedCounter(0, Isolation);
        Task<long>[] readers =
        [
            .. Enumerable.Range(0, 2).Select(_ => backend.Pool.RunAsync(token => Use.SumAsync(channel.Reader, bad))),
            Use.SumAsync(channel.Reader, bad),
        ];
        ChannelWriter<(int, int)> end = channel.Writer;
        await using WorkerPool others = backend.Create();
        Task[] writers =
        [
            .. Enumerable.Range(0, 2).Select(w => others.RunAsync(token => Use.WriteAsync(end, w, Each))),
            Use.WriteAsync(end, 2, Each),
        ];
        await Task.WhenAll(writers);
        end.Complete();
        long[] sums = await Task.WhenAll(readers);
        Assert.Equal(3L * Each * (Each - 1) / 2, sums.Sum());
        Assert.Equal(0, bad.Value);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Objects_travel_through_it_large_and_small()
    {
        Channel<Order> channel = SharedChannel.CreateBounded<Order>(4, Isolation);
        string text = new('x', 20_000);
        Task work = backend.Pool.RunAsync(async token =>
        {
            for (int i = 0; i < 100; i++)
                await channel.Writer.WriteAsync(new Order(i, i % 3 == 0 ? text : $"order {i}"), token);
            channel.Writer.Complete();
        });
        List<Order> all = await channel.Reader.ReadAllAsync().ToListAsync();
        await work;
        Assert.Equal(Enumerable.Range(0, 100).Select(i => new Order(i, i % 3 == 0 ? text : $"order {i}")), all);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_error_of_a_completion_reaches_the_other_side()
    {
        Channel<int> channel = SharedChannel.CreateBounded<int>(4, Isolation);
        Task<int> waiting = channel.Reader.ReadAsync().AsTask();
        await backend.Pool.RunAsync(() =>
        {
            channel.Writer.TryWrite(1);
            channel.Writer.TryWrite(2);
            channel.Writer.Complete(new FormatException("out of paper"));
        });
        Assert.Equal(1, await waiting);
        Assert.True(channel.Reader.TryPeek(out int next));
        Assert.Equal(2, next);
        Assert.Equal(1, channel.Reader.Count);
        Assert.True(channel.Reader.TryRead(out _));
        Assert.Equal("out of paper", (await Assert.ThrowsAsync<FormatException>(() => channel.Reader.Completion)).Message);
        Assert.IsType<FormatException>((await Assert.ThrowsAsync<ChannelClosedException>(() => channel.Reader.ReadAsync().AsTask())).InnerException);
        await Assert.ThrowsAsync<FormatException>(() => channel.Reader.WaitToReadAsync().AsTask());
        await Assert.ThrowsAsync<FormatException>(() => channel.Writer.WaitToWriteAsync().AsTask());
        Assert.False(channel.Writer.TryComplete());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Waits_can_be_cancelled()
    {
        Channel<int> channel = SharedChannel.CreateBounded<int>(1, Isolation);
        using var source = new CancellationTokenSource();
        Task reading = channel.Reader.ReadAsync(source.Token).AsTask();
        Task<bool> toRead = channel.Reader.WaitToReadAsync().AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.True(channel.Writer.TryWrite(1));
        Assert.True(await toRead);
        using var second = new CancellationTokenSource();
        Task writing = channel.Writer.WriteAsync(2, second.Token).AsTask();
        Task<bool> toWrite = channel.Writer.WaitToWriteAsync().AsTask();
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.Equal(1, await channel.Reader.ReadAsync());
        Assert.True(await toWrite);
    }

    internal sealed record Order(int Number, string Text);

    internal static class Use
    {
        internal static async Task WriteAsync(ChannelWriter<(int, int)> writer, int number, int count)
        {
            for (int i = 0; i < count; i++)
                await writer.WriteAsync((number, i));
        }

        internal static async Task<long> SumAsync(ChannelReader<(int Writer, int Number)> reader, SharedCounter bad)
        {
            long sum = 0;
            int[] last = [-1, -1, -1];
            await foreach ((int writer, int number) in reader.ReadAllAsync())
            {
                if (number <= last[writer])
                    bad.Increment();
                last[writer] = number;
                sum += number;
            }

            return sum;
        }
    }
}

public sealed class SharedChannelOnThreads(ThreadBackend backend) : SharedChannelPromises(backend), IClassFixture<ThreadBackend>;

public sealed class SharedChannelOverRings(SharedMemoryBackend backend) : SharedChannelPromises(backend), IClassFixture<SharedMemoryBackend>;

public sealed class SharedChannelOverPipes(PortableBackend backend) : SharedChannelPromises(backend), IClassFixture<PortableBackend>;
