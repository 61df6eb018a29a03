using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    public static TheoryData<bool, bool> SourcesAndOrders => new() { { false, true }, { false, false }, { true, true }, { true, false } };

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(SourcesAndOrders))]
    public async Task A_map_gives_the_result_of_every_item(bool asynchronous, bool ordered)
    {
        var source = new WatchedSource<int>(static i => i, 20_000);
        var options = new MapOptions { Ordered = ordered };
        int offset = 3;

        List<int> results = await (asynchronous
            ? Pool.MapAsync((IAsyncEnumerable<int>)source, i => i * 2 + offset, options)
            : Pool.MapAsync((IEnumerable<int>)source, i => i * 2 + offset, options)).ToListAsync();

        if (!ordered)
            results.Sort();
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => i * 2 + 3), results);
        await source.DisposedOnceAsync();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Every_delegate_type_of_map_runs()
    {
        int[] items = [1, 2, 3];
        int[] expected = [2, 3, 4];

        Assert.Equal(expected, await Pool.MapAsync(items, static i => i + 1).ToListAsync());
        Assert.Equal(expected, await Pool.MapAsync(items, static async i =>
        {
            await Task.Yield();
            return i + 1;
        }).ToListAsync());
        Assert.Equal(expected, await Pool.MapAsync(items, static (i, token) => token.IsCancellationRequested ? 0 : i + 1).ToListAsync());
        Assert.Equal(expected, await Pool.MapAsync(items, static async (i, token) =>
        {
            await Task.Delay(1, token);
            return i + 1;
        }).ToListAsync());
        Assert.Equal(expected, await Pool.MapAsync(Samples.CountAsync(3), static i => i + 2).ToListAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task ForEach_runs_every_item()
    {
        Trail trail = NewTrail();

        await Pool.ForEachAsync(Enumerable.Range(0, 50), i => trail.Add(i));
        await Pool.ForEachAsync(Samples.CountAsync(20), async (i, token) =>
        {
            await Task.Delay(1, token);
            trail.Add($"a{i}");
        });

        Assert.Equal(70, trail.Count);
        FormatException thrown = await Assert.ThrowsAsync<FormatException>(() => Pool.ForEachAsync(["1", "x", "2"], static text => { _ = int.Parse(text, null); }));
        Assert.Contains("'x'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Nothing_is_read_before_the_enumeration_and_each_one_reads_anew()
    {
        var source = new WatchedSource<int>(static i => i, 5);

        IAsyncEnumerable<int> map = Pool.MapAsync((IEnumerable<int>)source, static i => i);
        Assert.Equal(0, source.Read);
        Assert.Equal(5, (await map.ToListAsync()).Count);
        Assert.Equal(5, (await map.ToListAsync()).Count);
        Assert.Equal((10, 2), (source.Read, source.Disposals));
        Assert.Empty(await Pool.MapAsync(Array.Empty<int>(), static i => i).ToListAsync());
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task An_endless_source_is_read_no_further_ahead_than_allowed(int lookAhead)
    {
        var source = new WatchedSource<int>(static i => i);
        int taken = 0;

        await foreach (int i in Pool.MapAsync((IEnumerable<int>)source, static i => i, new MapOptions { MaxLookAhead = lookAhead }))
        {
            Assert.Equal(taken++, i);
            Assert.InRange(source.Read, taken, taken + lookAhead);
            if (taken == 300)
                break;
        }

        await source.DisposedOnceAsync();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Without_a_limit_an_endless_source_is_read_a_bounded_way_ahead()
    {
        var source = new WatchedSource<int>(static i => i);
        int taken = 0;

        await foreach (int i in Pool.MapAsync((IAsyncEnumerable<int>)source, static i => i))
        {
            Assert.InRange(source.Read - taken++, 0, 32_768 + 1);
            if (taken == 200_000)
                break;
        }

        await source.DisposedOnceAsync();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_slow_item_delays_ordered_results_only()
    {
        Gate gate = NewGate();
        int[] items = [0, 1, 2, 3];

        // Out of order, the others come first: the gate is opened by having seen them.
        List<int> seen = [];
        await foreach (int i in Pool.MapAsync(items, i => Wait(i, gate), new MapOptions { Ordered = false }))
        {
            seen.Add(i);
            if (seen.Count == 3)
                gate.Open();
        }

        Assert.Equal([1, 2, 3], seen.Take(3).Order());
        Assert.Equal(0, seen[3]);

        Gate second = NewGate();
        Task<List<int>> ordered = Pool.MapAsync(items, i => Wait(i, second)).ToListAsync();
        second.Open();
        Assert.Equal(items, await ordered);

        static int Wait(int item, Gate gate)
        {
            if (item == 0)
                gate.Pass();

            return item;
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Maps_take_their_options_seriously()
    {
        Assert.Equal(nameof(MapOptions.MaxLookAhead), Assert.Throws<ArgumentOutOfRangeException>(() => Pool.MapAsync([1], static i => i, new MapOptions { MaxLookAhead = 0 })).ParamName);
        Assert.Equal(nameof(MapOptions.MaxChunkSize), Assert.Throws<ArgumentOutOfRangeException>(() => Pool.MapAsync([1], static i => i, new MapOptions { MaxChunkSize = 0 })).ParamName);

        List<int> single = await Pool.MapAsync(Enumerable.Range(0, 500), static i => i, new MapOptions { MaxChunkSize = 1 }).ToListAsync();
        Assert.Equal(Enumerable.Range(0, 500), single);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Large_items_and_results_go_through_a_map()
    {
        IEnumerable<byte[]> items = Enumerable.Range(0, 60).Select(static i => new byte[i % 7 * 100_000]);

        int index = 0;
        await foreach (byte[] result in Pool.MapAsync(items, static byte[] (bytes) => [.. bytes, 1]))
            Assert.Equal(index++ % 7 * 100_000 + 1, result.Length);

        Assert.Equal(60, index);
    }
}
