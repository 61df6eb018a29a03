using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Theory(Timeout = Limits.Test)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Leaving_early_stops_the_rest_and_leaves_the_pool_usable(bool asynchronous)
    {
        for (int round = 0; round < 10; round++)
        {
            var source = new WatchedSource<int>(static i => i);
            IAsyncEnumerable<int> map = asynchronous
                ? Pool.MapAsync((IAsyncEnumerable<int>)source, static (i, token) => i)
                : Pool.MapAsync((IEnumerable<int>)source, static (i, token) => i);
            await foreach (int i in map)
            {
                if (i == round * 100)
                    break;
            }

            await source.DisposedOnceAsync();
            int read = source.Read;
            Assert.Equal(round, await Pool.RunAsync(static (n, _) => n, round));
            Assert.Equal(read, source.Read);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Leaving_early_cancels_what_runs()
    {
        Gate started = NewGate();
        Trail cancelled = NewTrail();

        await foreach (int i in Pool.MapAsync(Enumerable.Range(0, 100), async (i, token) =>
        {
            if (i == 0)
                return i;

            started.Open();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            catch (OperationCanceledException)
            {
                cancelled.Add(i);
            }

            return i;
        }))
        {
            Assert.Equal(0, i);
            await started.OpenedAsync();
            break;
        }

        // The enumeration's end has waited for what ran.
        Assert.InRange(cancelled.Count, 1, 4);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_token_ends_the_enumeration()
    {
        using var source = new CancellationTokenSource();
        var items = new WatchedSource<int>(static i => i);
        int taken = 0;

        OperationCanceledException canceled = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (int i in Pool.MapAsync((IEnumerable<int>)items, static i => i, cancellationToken: source.Token))
            {
                if (++taken == 100)
                    await source.CancelAsync();
            }
        });

        Assert.Equal(source.Token, canceled.CancellationToken);
        await items.DisposedOnceAsync();

        using var late = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (int i in Pool.MapAsync((IEnumerable<int>)items, static i => i).WithCancellation(late.Token))
                await late.CancelAsync();
        });
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_token_ends_an_enumeration_that_waits_for_a_result()
    {
        using var source = new CancellationTokenSource();
        Gate started = NewGate();

        Task<List<int>> results = Pool.MapAsync(
            Enumerable.Range(0, 10),
            (i, token) =>
            {
                started.Open();
                token.WaitHandle.WaitOne(Limits.Condition);
                return i;
            },
            cancellationToken: source.Token).ToListAsync();
        await started.OpenedAsync();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => results);
        Assert.Equal(1, await Pool.RunAsync(static () => 1));
    }
}
