using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public abstract partial class PoolPromises
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact(Timeout = Limits.Test)]
    public async Task Work_that_goes_on_for_too_long_fails_its_caller_and_the_pool_goes_on()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        await using WorkerPool pool = Backend.Create(1);

        WorkTimeoutException late = await Assert.ThrowsAsync<WorkTimeoutException>(
            () => pool.RunAsync(() => gate.Pass(), new WorkOptions { Name = "stuck", Limits = new() { Timeout = Short } }));

        Assert.Equal("stuck", late.WorkItemName);
        Assert.Equal(Short, late.Limit);
        Assert.True(late.Elapsed >= Short);
        Assert.True(late.HasStarted);
        Assert.Equal(1, pool.Snapshot().Totals.Timeouts);
        Assert.Equal(5, await pool.RunAsync(static () => 5));
        gate.Open();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_token_of_work_that_runs_for_too_long_is_cancelled()
    {
        using var scratch = new Scratch();
        Gate seen = scratch.Gate();
        await using WorkerPool pool = Backend.Create(1);

        await Assert.ThrowsAsync<WorkTimeoutException>(() => pool.RunAsync(
            token =>
            {
                token.WaitHandle.WaitOne();
                seen.Open();
            },
            new WorkOptions { Limits = new() { Timeout = Short } }));

        await seen.OpenedAsync();
        Assert.Equal(5, await pool.RunAsync(static () => 5));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_time_limit_counts_from_the_start_of_the_work_not_from_its_submission()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        await using WorkerPool pool = Backend.Create(1);
        Task first = await OccupyAsync(pool, scratch, gate);

        Task<int> second = pool.RunAsync(static () => 7, new WorkOptions { Limits = new() { Timeout = TimeSpan.FromSeconds(5) } });
        Task patient = pool.RunAsync(static () => { }, new WorkOptions { Limits = new() { QueueTimeout = Short } });
        WorkTimeoutException late = await Assert.ThrowsAsync<WorkTimeoutException>(() => patient);
        gate.Open();

        Assert.False(late.HasStarted);
        Assert.Equal(Short, late.Limit);
        Assert.Equal(7, await second);
        await first;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Work_that_has_waited_too_long_never_runs()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate(), ran = scratch.Gate();
        await using WorkerPool pool = Backend.Create(1, options => options.DefaultLimits.QueueTimeout = Short);
        Task first = await OccupyAsync(pool, scratch, gate, new WorkOptions { Limits = new() { QueueTimeout = Limits.Condition } });

        await Assert.ThrowsAsync<WorkTimeoutException>(() => pool.RunAsync(() => ran.Open()));
        gate.Open();
        await first;

        Assert.Equal(1, await pool.RunAsync(static () => 1, new WorkOptions { Limits = new() { QueueTimeout = Limits.Condition } }));
        Assert.False(File.Exists(ran.Path));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Items_of_a_map_that_go_on_for_too_long_fail_alone()
    {
        await using WorkerPool pool = Backend.Create(2);
        // Long enough for an element that does nothing, on a machine that is very busy.
        var options = new MapOptions { Limits = new() { Timeout = TimeSpan.FromSeconds(3) } };

        List<WorkResult<int>> results = [];
        await foreach (WorkResult<int> result in pool.MapResultsAsync(
            Enumerable.Range(0, 50),
            static number =>
            {
                if (number % 25 == 10)
                    Thread.Sleep(Timeout.Infinite);
                return number;
            },
            options))
        {
            results.Add(result);
        }

        Assert.Equal(50, results.Count);
        for (int i = 0; i < results.Count; i++)
        {
            if (i % 25 == 10)
                Assert.IsType<WorkTimeoutException>(results[i].Error);
            else
                Assert.Equal(i, results[i].Value);
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Items_of_higher_priority_that_wait_go_first()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        await using WorkerPool pool = Backend.Create(1);
        Task first = await OccupyAsync(pool, scratch, gate);

        string order = scratch.File("order");
        WorkPriority[] priorities = [WorkPriority.Low, WorkPriority.Normal, WorkPriority.High, WorkPriority.Low, WorkPriority.High];
        Task[] waiting =
            [.. priorities.Select((priority, i) => pool.RunAsync(() => File.AppendAllText(order, $"{i} "), new WorkOptions { Priority = priority }))];
        gate.Open();
        await first;
        await Task.WhenAll(waiting);

        Assert.Equal("2 4 1 0 3 ", await File.ReadAllTextAsync(order, CancellationToken.None));
    }

    [Theory]
    [InlineData("Timeout")]
    [InlineData("QueueTimeout")]
    [InlineData("MaxMemory")]
    [InlineData("MaxCrashRetries")]
    [InlineData("Priority")]
    public async Task A_limit_out_of_its_range_is_refused_by_name(string limit)
    {
        var limits = new WorkLimits();
        var options = new WorkOptions { Limits = limits };
        switch (limit)
        {
            case "Timeout": limits.Timeout = TimeSpan.Zero; break;
            case "QueueTimeout": limits.QueueTimeout = -Short; break;
            case "MaxMemory": limits.MaxMemory = 1; break;
            case "MaxCrashRetries": limits.MaxCrashRetries = -1; break;
            default: options.Priority = (WorkPriority)9; break;
        }

        ArgumentOutOfRangeException refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Pool.RunAsync(static () => { }, options));
        Assert.Equal(limit, refused.ParamName);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_snapshot_shows_what_each_worker_does()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        await using WorkerPool pool = Backend.Create(1, options => options.Name = "observed");
        await pool.RunAsync(static () => { });
        Task running = await OccupyAsync(pool, scratch, gate, new WorkOptions { Name = "the long one" });
        await Eventually.Async(() => pool.Snapshot().Workers is [{ CurrentItem: not null }]);

        PoolSnapshot snapshot = pool.Snapshot();
        gate.Open();
        await running;

        Assert.Equal(("observed", Backend.Isolation, 0), (snapshot.Name, snapshot.Isolation, snapshot.QueueLength));
        WorkerSnapshot worker = Assert.Single(snapshot.Workers);
        Assert.Equal(("the long one", WorkerState.Busy, 1), (worker.CurrentItem, worker.State, worker.InFlight));
        Assert.True(worker.CurrentItemAge > TimeSpan.Zero);
        Assert.Equal(1, worker.ItemsDone);
        Assert.Equal(Backend.Isolation == Isolation.Process, worker.PrivateMemory > 0);
        Assert.Equal(1, snapshot.Totals.Starts);
    }

    /// <summary>Has the pool's only worker run an item until the gate opens; the task is that item's.</summary>
    private static async Task<Task> OccupyAsync(WorkerPool pool, Scratch scratch, Gate gate, WorkOptions? options = null)
    {
        Gate started = scratch.Gate();
        Task item = pool.RunAsync(
            () =>
            {
                started.Open();
                gate.Pass();
            },
            options);
        await started.OpenedAsync();
        return item;
    }
}
