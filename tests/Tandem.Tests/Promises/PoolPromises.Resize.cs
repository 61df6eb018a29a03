using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public abstract partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_pool_may_grow_and_shrink_while_it_works()
    {
        await using WorkerPool pool = Backend.Create(1);
        Assert.Equal(1, await BusyAsync(pool, 1));

        pool.Resize(3);
        Assert.Equal(3, await BusyAsync(pool, 3));

        pool.Resize(1);
        await Eventually.Async(() => pool.Snapshot().Workers.Count == 1);
        Assert.Equal(1, await BusyAsync(pool, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Resize(0));
    }

    /// <summary>How many items run at once, out of twice as many.</summary>
    private static async Task<int> BusyAsync(WorkerPool pool, int expected)
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        Task[] items = [.. Enumerable.Range(0, expected * 2).Select(_ => pool.RunAsync(() => gate.Pass()))];
        await Eventually.Async(() => Running(pool) == expected);
        gate.Open();
        await Task.WhenAll(items);
        return expected;
    }

    private static int Running(WorkerPool pool) => pool.Snapshot().Workers.Count(static worker => worker.CurrentItem is not null);
}
