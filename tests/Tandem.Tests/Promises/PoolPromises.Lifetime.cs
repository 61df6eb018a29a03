using System.Diagnostics;
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

        // A process was killed; a thread is left behind. Their callers hear the same.
        await Assert.ThrowsAsync<ObjectDisposedException>(() => running);
        Assert.Equal(Backend.CanKill ? 0 : 1, pool.Snapshot().Totals.AbandonedThreads);
        gate.Open();
        await Eventually.Async(() => pool.Snapshot().Totals.AbandonedThreads == 0);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Stopping_says_to_a_caller_who_cancelled_that_the_call_was_cancelled()
    {
        Gate started = NewGate(), gate = NewGate();
        using var cancellation = new CancellationTokenSource();
        await using WorkerPool pool = Backend.Create(1, options => options.CancellationGrace = TimeSpan.FromMilliseconds(50));
        Task running = pool.RunAsync(
            _ =>
            {
                started.Open();
                gate.Pass();
            },
            cancellationToken: cancellation.Token);
        await started.OpenedAsync();
        await cancellation.CancelAsync();
        await pool.StopAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        gate.Open();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Stopping_settles_a_map_whose_work_ignores_it()
    {
        Gate started = NewGate(), gate = NewGate();
        await using WorkerPool pool = Backend.Create(1, options => options.CancellationGrace = TimeSpan.FromMilliseconds(50));
        Task<List<WorkResult<int>>> map = pool.MapResultsAsync(Enumerable.Range(0, 10_000), i =>
        {
            if (i == 5_000)
            {
                started.Open();
                gate.Pass();
            }

            return i;
        }).ToListAsync();
        await started.OpenedAsync();
        await pool.StopAsync();

        try
        {
            List<WorkResult<int>> results = await map;
            Assert.All(results, static result => Assert.True(result.Succeeded || result.Error is ObjectDisposedException, $"{result.Error}"));
            Assert.False(results[5_000].Succeeded);
            Assert.All(results, static result => Assert.True(!result.Succeeded || result.Value == result.Index));
        }
        catch (ObjectDisposedException)
        {
            // The source had not been read to its end.
        }

        gate.Open();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Stopping_ends_a_disposal_that_waits_for_work()
    {
        Gate started = NewGate(), gate = NewGate();
        WorkerPool pool = Backend.Create(1, options => options.CancellationGrace = TimeSpan.FromMilliseconds(50));
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        Task disposal = pool.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        await pool.StopAsync();

        await disposal;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => running);
        gate.Open();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task States_are_disposed_although_the_pool_was_stopped_before_their_worker_ended()
    {
        Gate started = NewGate(), gate = NewGate(), disposed = NewGate();
        await using WorkerPool<Closing> pool = Backend.Create(OptionsWithoutGrace(), () => new Closing(disposed));
        Task running = pool.RunAsync(_ =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        await pool.StopAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => running);
        Assert.False(disposed.IsOpen);
        gate.Open();

        if (!Backend.CanKill)
            await disposed.OpenedAsync();

        WorkerPoolOptions OptionsWithoutGrace()
        {
            WorkerPoolOptions options = Backend.Options(1);
            options.CancellationGrace = TimeSpan.Zero;
            return options;
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_callback_that_throws_when_the_pool_stops_harms_nobody()
    {
        Gate started = NewGate();
        await using WorkerPool pool = Backend.Create(1);
        Task<int> running = pool.RunAsync(token =>
        {
            token.Register(static () => throw new NotSupportedException("a callback"));
            started.Open();
            token.WaitHandle.WaitOne(Limits.Condition);
            return 7;
        });
        await started.OpenedAsync();
        await pool.StopAsync();

        Assert.Equal(7, await running);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Draining_runs_also_what_waits_outside_of_a_full_queue()
    {
        Gate started = NewGate(), gate = NewGate();
        Trail trail = NewTrail();
        await using WorkerPool pool = Backend.Create(1, static options => options.QueueCapacity = 1);
        Task running = pool.RunAsync(() =>
        {
            started.Open();
            gate.Pass();
        });
        await started.OpenedAsync();
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(i => pool.RunAsync(() => trail.Add(i)))];
        Task drained = pool.DrainAsync();
        gate.Open();

        await drained;
        await Task.WhenAll([running, .. waiting]);
        Assert.Equal(10, trail.Count);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Disposal_ends_the_attempts_of_an_item_that_always_crashes() =>
        Assert.Equal(1, await AttemptsWhenThePoolEndsAsync(crashRetries: 1_000, static pool => pool.DisposeAsync().AsTask()));

    [Fact(Timeout = Limits.Test)]
    public async Task A_drain_lets_an_item_that_crashes_have_its_attempts() =>
        Assert.Equal(3, await AttemptsWhenThePoolEndsAsync(crashRetries: 2, static pool => pool.DrainAsync()));

    /// <summary>How often an item runs that always crashes, when the pool begins to end during its first attempt.</summary>
    private async Task<int> AttemptsWhenThePoolEndsAsync(int crashRetries, Func<WorkerPool, Task> end)
    {
        Assert.SkipUnless(Backend.CanKill, "A thread cannot crash alone.");
        Gate started = NewGate(), gate = NewGate();
        Trail attempts = NewTrail();
        WorkerPool pool = Backend.Create(1);
        Task crashing = pool.RunAsync(
            () =>
            {
                attempts.Add(Environment.ProcessId);
                started.Open();
                gate.Pass();
                Process.GetCurrentProcess().Kill();
            },
            new WorkOptions { Limits = new() { MaxCrashRetries = crashRetries } });
        await started.OpenedAsync();
        Task ended = end(pool);
        gate.Open();

        await ended;
        await Assert.ThrowsAsync<WorkerCrashedException>(() => crashing);
        return attempts.Count;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Disposal_ends_although_a_worker_dies_in_the_middle_of_a_map()
    {
        Assert.SkipUnless(Backend.CanKill, "A thread cannot crash alone.");
        Gate started = NewGate(), gate = NewGate();
        WorkerPool pool = Backend.Create(1);
        Task<List<WorkResult<int>>> map = pool.MapResultsAsync(Enumerable.Range(0, 2_000), i =>
        {
            if (i == 1_000)
            {
                started.Open();
                gate.Pass();
                Process.GetCurrentProcess().Kill();
            }

            return i;
        }).ToListAsync();
        await started.OpenedAsync();
        Task disposal = pool.DisposeAsync().AsTask();
        gate.Open();

        await disposal;
        try
        {
            List<WorkResult<int>> results = await map;
            Assert.All(results, static result => Assert.True(result.Succeeded || result.Error is ObjectDisposedException or WorkerCrashedException, $"{result.Error}"));
        }
        catch (ObjectDisposedException)
        {
            // The source had not been read to its end.
        }
    }

    private sealed class Closing(Gate disposed) : IDisposable
    {
        public void Dispose() => disposed.Open();
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
        await Backend.Create(Backend.Options(1), static () => new object()).DisposeAsync();
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
