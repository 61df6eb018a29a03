using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(SourcesAndOrders))]
    public async Task Errors_come_as_values_on_request(bool asynchronous, bool ordered)
    {
        var source = new WatchedSource<int>(static i => i, 6_000);
        var options = new MapOptions { Ordered = ordered };

        List<WorkResult<int>> results = await (asynchronous
            ? Pool.MapResultsAsync((IAsyncEnumerable<int>)source, static i => Fussy(i), options)
            : Pool.MapResultsAsync((IEnumerable<int>)source, static i => Fussy(i), options)).ToListAsync();

        if (!ordered)
            results.Sort(static (a, b) => a.Index.CompareTo(b.Index));
        Assert.Equal(6_000, results.Count);
        for (int i = 0; i < results.Count; i++)
        {
            Assert.Equal(i, results[i].Index);
            if (i % 1000 == 999)
            {
                Assert.Equal($"item {i}", Assert.IsType<InvalidOperationException>(results[i].Error).Message);
                Assert.Throws<InvalidOperationException>(() => results[i].Value);
            }
            else
            {
                Assert.True(results[i].Succeeded);
                Assert.Equal(i * 2, results[i].Value);
            }
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_error_ends_the_enumeration_at_its_item()
    {
        var source = new WatchedSource<int>(static i => i);
        List<int> seen = [];

        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (int i in Pool.MapAsync((IEnumerable<int>)source, static i => Fussy(i)))
                seen.Add(i);
        });

        Assert.Equal("item 999", thrown.Message);
        Assert.Equal(Enumerable.Range(0, 999).Select(i => i * 2), seen);
        await source.DisposedOnceAsync();
        Assert.Equal(1, await Pool.RunAsync(static () => 1));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_item_that_is_cancelled_by_its_own_work_affects_only_itself()
    {
        List<WorkResult<int>> results = await Pool.MapResultsAsync(
            Enumerable.Range(0, 5_000),
            static i => i == 2_500 ? throw new OperationCanceledException("just this one") : i).ToListAsync();

        Assert.Equal(2_500, Assert.Single(results, result => !result.Succeeded).Index);
        Assert.IsAssignableFrom<OperationCanceledException>(results[2_500].Error);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_source_that_fails_ends_the_enumeration_after_the_items_before_it()
    {
        List<int> seen = [];

        NotSupportedException thrown = await Assert.ThrowsAsync<NotSupportedException>(async () =>
        {
            await foreach (int i in Pool.MapAsync(Failing(1_234), static i => i))
                seen.Add(i);
        });

        Assert.Equal("the source is exhausted", thrown.Message);
        Assert.Equal(Enumerable.Range(0, 1_234), seen);

        static IEnumerable<int> Failing(int count)
        {
            for (int i = 0; i < count; i++)
                yield return i;

            throw new NotSupportedException("the source is exhausted");
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_item_that_cannot_travel_fails_alone()
    {
        IEnumerable<object> items = Enumerable.Range(0, 3_000).Select(static i => i == 1_500 ? (object)new LocalMemoryStream() : i);

        List<WorkResult<string>> results = await Pool.MapResultsAsync(items, static item => item.GetType().Name).ToListAsync();

        Assert.Equal(3_000, results.Count);
        if (!Backend.CopiesValues)
        {
            Assert.Equal("LocalMemoryStream", results[1_500].Value);
            return;
        }

        WorkResult<string> failed = Assert.Single(results, result => !result.Succeeded);
        Assert.Equal(1_500, failed.Index);
        Assert.Equal("item[1500]", Assert.IsType<WorkSerializationException>(failed.Error).Path);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_result_that_cannot_travel_fails_its_element_alone()
    {
        List<WorkResult<object>> results = await Pool.MapResultsAsync(
            Enumerable.Range(0, 3_000), static i => i == 1_500 ? (object)new LocalMemoryStream() : i).ToListAsync();

        Assert.Equal(3_000, results.Count);
        Assert.Equal(Backend.CopiesValues ? 1 : 0, results.Count(result => !result.Succeeded));
        if (Backend.CopiesValues)
            Assert.IsType<WorkSerializationException>(results[1_500].Error);
        Assert.Equal(Enumerable.Range(0, 3_000).Where(i => i != 1_500), results.Where(result => result.Index != 1_500).Select(result => (int)result.Value));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_captured_value_that_cannot_travel_fails_the_enumeration()
    {
        using var stream = new LocalMemoryStream([1, 2, 3]);
        IAsyncEnumerable<long> map = Pool.MapAsync(Enumerable.Range(0, 10), i => stream.Length + i);

        if (Backend.CopiesValues)
            Assert.Equal("stream", (await Assert.ThrowsAsync<WorkSerializationException>(() => map.ToListAsync())).Path);
        else
            Assert.Equal(Enumerable.Range(3, 10).Select(i => (long)i), await map.ToListAsync());
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Each_element_gets_its_own_exception()
    {
        List<WorkResult<int>> results = await Pool.MapResultsAsync(Enumerable.Range(0, 500), static i => int.Parse("x", null)).ToListAsync();

        var seen = new HashSet<Exception>(ReferenceEqualityComparer.Instance);
        Assert.All(results, result => Assert.True(seen.Add(Assert.IsType<FormatException>(result.Error))));
    }

    private static int Fussy(int item) => item % 1000 == 999 ? throw new InvalidOperationException($"item {item}") : item * 2;
}
