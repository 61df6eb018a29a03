using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

/// <content>Workers that run so many items and no more.</content>
public abstract partial class CrashContainment
{
    [Theory(Timeout = Limits.Test)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 1, 2)]
    [InlineData(3, 1, 1)]
    [InlineData(3, 2, 0)]
    [InlineData(7, 4, 1)]
    public async Task No_worker_runs_more_items_than_it_may(int limit, int concurrency, int spares)
    {
        await using WorkerPool pool = Backend.CreateProcesses(2, options => Restrict(options, limit, concurrency, spares));

        int[] workers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pool.RunAsync(static () => Environment.ProcessId)));

        AssertWithin(limit, workers);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task One_worker_for_each_item_that_waits_for_the_one_before()
    {
        await using WorkerPool pool = Backend.CreateProcesses(1, options => Restrict(options, 1, 1, 1));
        var workers = new HashSet<int>();
        for (int i = 0; i < 8; i++)
            Assert.True(workers.Add(await pool.RunAsync(static () => Environment.ProcessId)), "A worker has run two items.");
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(1, 12)]
    [InlineData(7, 100)]
    [InlineData(64, 1000)]
    public async Task No_worker_runs_more_elements_of_a_map_than_it_may(int limit, int elements)
    {
        await using WorkerPool pool = Backend.CreateProcesses(2, options => Restrict(options, limit, 1, 1));

        List<(int Worker, int Element)> results = await pool.MapAsync(Enumerable.Range(0, elements), static i => (Environment.ProcessId, i)).ToListAsync();

        Assert.Equal(Enumerable.Range(0, elements), results.Select(static result => result.Element));
        AssertWithin(limit, [.. results.Select(static result => result.Worker)]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task No_more_items_run_at_once_than_there_may_be_workers_although_successors_are_there()
    {
        string running = _scratch.Trail().Folder;
        await using WorkerPool pool = Backend.CreateProcesses(2, options => Restrict(options, 1, 1, 1));

        int[] most = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => pool.RunAsync(() =>
        {
            string mine = Path.Combine(running, $"{Environment.ProcessId}");
            File.WriteAllText(mine, "");
            Thread.Sleep(20);
            int now = Directory.GetFiles(running).Length;
            File.Delete(mine);
            return now;
        })));

        Assert.InRange(most.Max(), 1, 2);
    }

    private static void Restrict(ProcessPoolOptions options, int limit, int concurrency, int spares)
    {
        options.MaxItemsPerWorker = limit;
        options.ConcurrencyPerWorker = concurrency;
        options.SpareWorkers = spares;
        options.RecycleJitter = 0;
    }

    private static void AssertWithin(int limit, int[] workers) =>
        Assert.All(workers.CountBy(static worker => worker), worker => Assert.InRange(worker.Value, 1, limit));
}
