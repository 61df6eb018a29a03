using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public abstract partial class PoolPromises
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact(Timeout = Limits.Test)]
    public async Task A_limit_of_waiting_counts_on_the_clock_of_the_pool()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        var time = new ManualTime();
        await using WorkerPool pool = Backend.Create(1, options => options.TimeProvider = time);
        Task first = await OccupyAsync(pool, scratch, gate);
        Task patient = pool.RunAsync(static () => { }, new WorkOptions { Limits = new() { QueueTimeout = Hour } });
        Task patientToo = pool.RunAsync(static () => { }, new WorkOptions { Limits = new() { QueueTimeout = Hour * 2 } });

        time.Advance(Hour);

        Assert.False((await Assert.ThrowsAsync<WorkTimeoutException>(() => patient)).HasStarted);
        gate.Open();
        await first;
        await patientToo;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task While_the_clock_of_the_pool_stands_still_nothing_waits_too_long()
    {
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        await using WorkerPool pool = Backend.Create(1, static options => options.TimeProvider = new ManualTime());
        Task first = await OccupyAsync(pool, scratch, gate);
        Task waiting = pool.RunAsync(static () => { }, new WorkOptions { Limits = new() { QueueTimeout = TimeSpan.FromTicks(1) } });

        // On the system's clock this one passes its limit after the other has.
        await using WorkerPool other = Backend.Create(1);
        Task occupied = await OccupyAsync(other, scratch, gate);
        await Assert.ThrowsAsync<WorkTimeoutException>(() => other.RunAsync(static () => { }, new WorkOptions { Limits = new() { QueueTimeout = Short } }));

        gate.Open();
        await Task.WhenAll(first, occupied, waiting);
    }

    /// <summary>A worker process measures how long work runs, and lives in real time.</summary>
    [Fact(Timeout = Limits.Test)]
    public async Task A_time_limit_counts_on_the_clock_of_the_pool_on_threads_and_on_the_system_s_in_processes()
    {
        Assert.SkipUnless(Backend is ThreadBackend || Backend.HasProcesses, "Another engine decides for itself.");
        using var scratch = new Scratch();
        Gate gate = scratch.Gate();
        var time = new ManualTime();
        await using WorkerPool pool = Backend.Create(1, options => options.TimeProvider = time);
        TimeSpan limit = Backend.HasProcesses ? Short : Hour;
        var options = new WorkOptions { Limits = new() { Timeout = limit } };
        Task stuck = Backend.HasProcesses ? pool.RunAsync(() => gate.Pass(), options) : await OccupyAsync(pool, scratch, gate, options);
        if (!Backend.HasProcesses)
            time.Advance(limit);

        WorkTimeoutException late = await Assert.ThrowsAsync<WorkTimeoutException>(() => stuck);

        Assert.InRange(late.Elapsed, limit, TimeSpan.MaxValue);
        gate.Open();
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Events_have_the_time_of_the_clock_of_the_pool()
    {
        Assert.SkipUnless(Backend.CanKill, "A thread cannot be killed.");
        var time = new ManualTime();
        time.Advance(Hour);
        var happened = new TaskCompletionSource<WorkerEvent>();
        await using WorkerPool pool = Backend.Create(1, options => options.TimeProvider = time);
        pool.WorkerChanged += (_, change) =>
        {
            if (change.Kind == WorkerEventKind.Crashed)
                happened.TrySetResult(change);
        };

        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => Environment.Exit(3)));

        Assert.Equal(DateTimeOffset.UnixEpoch + Hour, (await happened.Task).Time);
    }
}
