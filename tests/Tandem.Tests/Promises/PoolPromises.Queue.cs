using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task A_full_queue_rejects_when_asked_to()
    {
        Gate started = NewGate(), gate = NewGate();
        await using WorkerPool pool = Backend.Create(1, options => (options.QueueCapacity, options.QueueFullMode) = (2, QueueFullMode.Reject));

        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        Task<int> first = pool.RunAsync(static () => 1);
        Task<int> second = pool.RunAsync(static () => 2);
        QueueFullException full = await Assert.ThrowsAsync<QueueFullException>(() => pool.RunAsync(static () => 3, new WorkOptions { Name = "refused" }));
        Assert.Equal("refused", full.WorkItemName);
        gate.Open();

        Assert.Equal(2, full.Capacity);
        Assert.Equal((1, 2), (await first, await second));
        await running;
        Assert.Equal(4, await pool.RunAsync(static () => 4));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_full_queue_lets_calls_wait_in_their_order()
    {
        Gate gate = NewGate();
        Trail trail = NewTrail();
        await using WorkerPool pool = Backend.Create(1, options => options.QueueCapacity = 1);

        Task running = pool.RunAsync(() => gate.Pass());
        Task[] calls = [.. Enumerable.Range(0, 10).Select(i => pool.RunAsync(() => trail.Add($"{trail.Count}-{i}")))];
        Assert.DoesNotContain(calls, call => call.IsCompleted);
        gate.Open();

        await Task.WhenAll([running, .. calls]);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}-{i}"), trail.Names);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_call_that_waits_outside_a_full_queue_can_be_cancelled()
    {
        Gate gate = NewGate();
        Trail trail = NewTrail();
        using var source = new CancellationTokenSource();
        await using WorkerPool pool = Backend.Create(1, options => options.QueueCapacity = 1);

        Task running = pool.RunAsync(() => gate.Pass());
        Task[] waiting = [.. Enumerable.Range(0, 5).Select(i => pool.RunAsync(() => trail.Add(i), cancellationToken: source.Token))];
        Task last = pool.RunAsync(() => trail.Add("last"));
        await source.CancelAsync();
        foreach (Task call in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        gate.Open();
        await Task.WhenAll(running, last);
        Assert.Equal(["last"], trail.Names);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_no_longer_waits_gives_its_place_in_the_queue_to_others(bool expires)
    {
        Gate started = NewGate(), gate = NewGate();
        Trail trail = NewTrail();
        await using WorkerPool pool = Backend.Create(1, options => (options.QueueCapacity, options.QueueFullMode) = (1, QueueFullMode.Reject));
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();

        for (int i = 0; i < 20; i++)
        {
            using var source = new CancellationTokenSource();
            Task waiting = pool.RunAsync(() => trail.Add("never"), expires ? new WorkOptions { Limits = new() { QueueTimeout = TimeSpan.FromMilliseconds(20) } } : null, source.Token);
            if (!expires)
                Assert.Equal(1, pool.Snapshot().QueueLength);
            if (!expires)
                await source.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => waiting);
            Assert.Equal(0, pool.Snapshot().QueueLength);
        }

        Task last = pool.RunAsync(() => trail.Add("last"));
        await Assert.ThrowsAsync<QueueFullException>(() => pool.RunAsync(static () => { }));
        gate.Open();
        await Task.WhenAll(running, last);

        Assert.Equal(["last"], trail.Names);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_call_that_is_cancelled_in_a_full_queue_lets_the_first_one_outside_in()
    {
        Gate started = NewGate(), gate = NewGate();
        Trail trail = NewTrail();
        using CancellationTokenSource inside = new(), outside = new();
        await using WorkerPool pool = Backend.Create(1, options => options.QueueCapacity = 1);
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        Task first = pool.RunAsync(() => trail.Add("first"), cancellationToken: inside.Token);
        Task second = pool.RunAsync(() => trail.Add("second"), cancellationToken: outside.Token);
        Task third = pool.RunAsync(() => trail.Add("third"));

        await inside.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(1, pool.Snapshot().QueueLength);
        await outside.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, pool.Snapshot().QueueLength);
        gate.Open();
        await Task.WhenAll(running, third);

        Assert.Equal(["third"], trail.Names);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_drain_that_races_with_callers_and_cancellations_of_a_full_queue_settles_every_item()
    {
        int rounds = Backend.HasProcesses ? 5 : 50;
        for (int round = 0; round < rounds; round++)
        {
            WorkerPool pool = Backend.Create(1, options => options.QueueCapacity = 1);
            await pool.RunAsync(static () => { });
            using var source = new CancellationTokenSource();
            using var together = new Barrier(5);
            Task<Task[]>[] callers =
            [
                .. Enumerable.Range(0, 4).Select(caller => Task.Factory.StartNew(
                    () =>
                    {
                        together.SignalAndWait();
                        return Enumerable.Range(0, 20)
                            .Select(i => pool.RunAsync(static () => { }, cancellationToken: i % 2 == 0 ? source.Token : default)).ToArray();
                    },
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default)),
            ];
            together.SignalAndWait();
            Task drain = pool.DrainAsync();
            await source.CancelAsync();
            await drain;
            foreach (Task[] calls in await Task.WhenAll(callers))
                await Task.WhenAll(calls).ContinueWith(static _ => { }, TaskScheduler.Default);

            await pool.DisposeAsync();
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(60_000)]
    public async Task Very_many_calls_that_wait_can_be_cancelled_at_once(int capacity)
    {
        // So many that a walk through those that wait, for each of them, takes minutes.
        const int Calls = 120_000;
        Gate started = NewGate(), gate = NewGate();
        await using WorkerPool pool = Backend.Create(1, options => options.QueueCapacity = capacity);
        using var source = new CancellationTokenSource();
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        var calls = new Task[Calls];
        for (int i = 0; i < Calls; i++)
            calls[i] = pool.RunAsync(static () => { }, cancellationToken: source.Token);

        await source.CancelAsync();
        await Task.WhenAll(calls).ContinueWith(static _ => { }, TaskScheduler.Default);

        Assert.All(calls, static call => Assert.True(call.IsCanceled));
        Assert.Equal(0, pool.Snapshot().QueueLength);
        gate.Open();
        await running;
        Assert.Equal(7, await pool.RunAsync(static () => 7));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(true, QueueFullMode.Wait)]
    [InlineData(false, QueueFullMode.Wait)]
    [InlineData(true, QueueFullMode.Reject)]
    [InlineData(false, QueueFullMode.Reject)]
    public async Task A_call_on_a_pool_that_ends_with_a_full_queue_is_refused_at_once(bool drains, QueueFullMode mode)
    {
        Gate started = NewGate(), gate = NewGate();
        await using WorkerPool pool = Backend.Create(1, options => (options.QueueCapacity, options.QueueFullMode) = (1, mode));
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        Task<int> waiting = pool.RunAsync(static () => 1);

        Task ended = drains ? pool.DrainAsync(CancellationToken.None) : pool.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RunAsync(static () => 2));
        gate.Open();
        await ended;

        await running;
        if (drains)
            Assert.Equal(1, await waiting);
        else
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RunAsync(static () => 3));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Items_that_come_back_from_a_crashed_worker_give_no_place_back_twice()
    {
        Assert.SkipUnless(Backend.CanKill, "A thread cannot crash alone.");
        await using WorkerPool pool = Backend.Create(1, options => (options.QueueCapacity, options.QueueFullMode) = (2, QueueFullMode.Reject));
        for (int i = 0; i < 3; i++)
            await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.Exit(1), new WorkOptions { Limits = new() { MaxCrashRetries = 2 } }));

        Gate started = NewGate(), gate = NewGate();
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        Task[] waiting = [pool.RunAsync(static () => { }), pool.RunAsync(static () => { })];
        await Assert.ThrowsAsync<QueueFullException>(() => pool.RunAsync(static () => { }));
        gate.Open();

        await Task.WhenAll([running, .. waiting]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Calls_that_wait_outside_a_full_queue_run_before_a_drained_pool_ends()
    {
        Gate gate = NewGate();
        Trail trail = NewTrail();
        await using WorkerPool pool = Backend.Create(1, options => options.QueueCapacity = 1);
        Task running = pool.RunAsync(() => gate.Pass());
        Task[] calls = [.. Enumerable.Range(0, 10).Select(i => pool.RunAsync(() => trail.Add(i)))];

        Task drained = pool.DrainAsync(CancellationToken.None);
        gate.Open();
        await drained;

        await Task.WhenAll([running, .. calls]);
        Assert.Equal(10, trail.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_bounded_queue_takes_more_than_it_holds_over_time()
    {
        await using WorkerPool pool = Backend.Create(2, options => options.QueueCapacity = 3);

        int[] results = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => pool.RunAsync(static (number, _) => number * 2, i)));

        Assert.Equal(Enumerable.Range(0, 500).Select(i => i * 2), results);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_map_on_a_pool_with_a_small_queue_goes_through()
    {
        await using WorkerPool pool = Backend.Create(2, options => (options.QueueCapacity, options.QueueFullMode) = (1, QueueFullMode.Reject));

        List<int> results = await pool.MapAsync(Enumerable.Range(0, 1000), static i => i + 1).ToListAsync();

        Assert.Equal(Enumerable.Range(1, 1000), results);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Ten_threads_use_one_pool_at_once()
    {
        var totals = new long[10];
        Thread[] threads = [.. Enumerable.Range(0, 10).Select(n => new Thread(() =>
        {
            for (int i = 0; i < 300; i++)
                totals[n] += Pool.RunAsync(static (pair, _) => (long)pair.n * pair.i, (n, i)).GetAwaiter().GetResult();
        }) { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        await Task.Run(() => Array.ForEach(threads, static thread => thread.Join()));

        Assert.Equal(Enumerable.Range(0, 10).Select(n => n * 300L * 299 / 2), totals);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Ten_threads_with_maps_and_calls_of_all_sizes_do_not_mix_results()
    {
        async Task UseAsync(int n)
        {
            List<int> mapped = await Pool.MapAsync(Enumerable.Range(n * 1000, 400), static i => i + 1).ToListAsync();
            Assert.Equal(Enumerable.Range(n * 1000 + 1, 400), mapped);
            byte[] large = [.. Enumerable.Repeat((byte)n, 200_000)];
            Assert.Equal(large, await Pool.RunAsync(static (bytes, _) => bytes, large));
            await Assert.ThrowsAsync<FormatException>(() => Pool.RunAsync(() => int.Parse($"x{n}", null)));
        }

        await Task.WhenAll(Enumerable.Range(0, 10).Select(n => Task.Run(() => UseAsync(n))));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Very_many_calls_without_waiting_for_each_go_through()
    {
        const int Calls = 40_000;
        var tasks = new Task<int>[Calls];
        for (int i = 0; i < Calls; i++)
            tasks[i] = Pool.RunAsync(static (number, _) => number ^ 1, i);

        int[] results = await Task.WhenAll(tasks);
        for (int i = 0; i < Calls; i++)
            Assert.Equal(i ^ 1, results[i]);
    }
}
