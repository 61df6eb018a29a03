using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Disposal_finishes_what_runs_and_fails_what_waits()
    {
        Gate started = NewGate(), gate = NewGate();
        Trail trail = NewTrail();
        WorkerPool pool = Backend.Create(1);

        Task<int> running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
            return 5;
        });
        await started.OpenedAsync();
        Task[] waiting = [.. Enumerable.Range(0, 20).Select(i => pool.RunAsync(() => trail.Add(i)))];
        Task disposal = pool.DisposeAsync().AsTask();

        HashSet<Exception> seen = new(ReferenceEqualityComparer.Instance);
        foreach (Task call in waiting)
            Assert.True(seen.Add(await Assert.ThrowsAsync<ObjectDisposedException>(() => call)));
        Assert.False(running.IsCompleted);
        Assert.False(disposal.IsCompleted);
        gate.Open();

        Assert.Equal(5, await running);
        await disposal;
        Assert.Equal(0, trail.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Draining_runs_everything_that_was_submitted()
    {
        Gate started = NewGate(), gate = NewGate();
        Trail trail = NewTrail();
        await using WorkerPool pool = Backend.Create(1);

        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        Task[] waiting = [.. Enumerable.Range(0, 20).Select(i => pool.RunAsync(() => trail.Add(i)))];
        Task drained = pool.DrainAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RunAsync(static () => 1));
        Assert.False(drained.IsCompleted);
        gate.Open();

        await drained;
        Assert.All([running, .. waiting], call => Assert.True(call.IsCompletedSuccessfully));
        Assert.Equal(20, trail.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Draining_can_be_given_up()
    {
        Gate started = NewGate(), gate = NewGate();
        await using WorkerPool pool = Backend.Create(1);
        using var source = new CancellationTokenSource();

        Task<int> running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
            return 5;
        });
        await started.OpenedAsync();
        Task drained = pool.DrainAsync(source.Token);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drained);
        Assert.False(running.IsCompleted);
        gate.Open();
        Assert.Equal(5, await running);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Stopping_cancels_what_runs_and_fails_what_waits()
    {
        Gate started = NewGate();
        Trail trail = NewTrail();
        await using WorkerPool pool = Backend.Create(1);

        Task running = pool.RunAsync(async token =>
        {
            started.Open();
            await Task.Delay(Timeout.Infinite, token);
        });
        await started.OpenedAsync();
        Task[] waiting = [.. Enumerable.Range(0, 20).Select(i => pool.RunAsync(() => trail.Add(i)))];
        await pool.StopAsync();

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => running);
        Assert.True(error is OperationCanceledException or ObjectDisposedException, error.ToString());
        foreach (Task call in waiting)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        Assert.Equal(0, trail.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Stopping_does_not_wait_for_ever_for_work_that_ignores_it()
    {
        Gate started = NewGate(), gate = NewGate();
        await using WorkerPool pool = Backend.Create(1, options => options.CancellationGrace = TimeSpan.FromMilliseconds(50));

        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        await pool.StopAsync();

        // A process was killed; a thread is left behind, and its work may still end.
        Assert.Equal(Backend.CanKill, running.IsCompleted);
        gate.Open();
        if (Backend.CanKill)
            await Assert.ThrowsAnyAsync<Exception>(() => running);
        else
            await running;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task After_disposal_a_pool_says_so()
    {
        WorkerPool pool = Backend.Create(1);
        await pool.RunAsync(static () => 1);
        await pool.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RunAsync(static () => 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.MapAsync([1], static i => i).ToListAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.ForEachAsync([1], static i => { }));
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Ends_of_all_kinds_can_meet()
    {
        WorkerPool pool = Backend.Create(2);
        Task<int> call = pool.RunAsync(static () => 1);

        await Task.WhenAll(pool.DrainAsync(), pool.DisposeAsync().AsTask(), pool.StopAsync(), Task.Run(() => pool.DisposeAsync().AsTask()));
        await pool.DisposeAsync();
        await pool.StopAsync();
        await pool.DrainAsync();

        Assert.True(call.IsCompleted);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_pool_that_was_never_used_can_be_disposed()
    {
        await Backend.Create(2).DisposeAsync();
        await Backend.Create(2, options => options.StartEagerly = true).DisposeAsync();
        await WorkerPool.Create(Backend.Options(1), static () => new object()).DisposeAsync();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Disposal_during_a_map_ends_the_map()
    {
        Gate started = NewGate();
        WorkerPool pool = Backend.Create(2);

        Task<List<int>> map = pool.MapAsync((IEnumerable<int>)new WatchedSource<int>(static i => i), i =>
        {
            if (i == 1000)
                started.Open();
            return i;
        }).ToListAsync();
        await started.OpenedAsync();
        await pool.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => map);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Calls_that_race_with_disposal_end_one_way_or_the_other()
    {
        for (int round = 0; round < 5; round++)
        {
            WorkerPool pool = Backend.Create(2);
            await pool.RunAsync(static () => 0);
            Task<Task<int>[]> calls = Task.Run(() => Enumerable.Range(0, 2_000).Select(i => pool.RunAsync(static (number, _) => number, i)).ToArray());
            await pool.DisposeAsync();

            Task<int>[] all = await calls;
            for (int i = 0; i < all.Length; i++)
            {
                try
                {
                    Assert.Equal(i, await all[i]);
                }
                catch (ObjectDisposedException)
                {
                    // It came too late.
                }
            }
        }
    }
}
