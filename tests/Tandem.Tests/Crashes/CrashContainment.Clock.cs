namespace Tandem.Tests.Crashes;

public abstract partial class CrashContainment
{
    [Fact(Timeout = Limits.Test)]
    public async Task Workers_grow_old_on_the_clock_of_the_pool()
    {
        var time = new ManualTime();
        await using WorkerPool pool = Backend.CreateProcesses(1, options =>
        {
            options.TimeProvider = time;
            options.MaxWorkerAge = TimeSpan.FromHours(1);
            options.RecycleJitter = 0;
        });
        int first = await pool.RunAsync(static () => Environment.ProcessId);
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(first, await pool.RunAsync(static () => Environment.ProcessId));
        Assert.Equal(0, pool.Snapshot().Totals.Recycles);

        time.Advance(TimeSpan.FromMinutes(1));
        await pool.RunAsync(static () => { }); // its answer is an occasion to look

        await Eventually.Async(() => !ProcFs.IsAlive(first));
        Assert.NotEqual(first, await pool.RunAsync(static () => Environment.ProcessId));
        Assert.Equal(1, pool.Snapshot().Totals.Recycles);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Failed_starts_are_tried_again_on_the_clock_of_the_pool()
    {
        string allowed = _scratch.File("allowed");
        var time = new ManualTime();
        ProcessPoolOptions options = Backend.ProcessOptions(1);
        options.TimeProvider = time;
        options.MaxRestarts = 1;
        options.RestartPeriod = TimeSpan.FromHours(1);
        await using WorkerPool<int> pool = WorkerPool.Create(options, () => File.Exists(allowed) ? 42 : throw new InvalidDataException("the model is missing"));

        await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static state => state));
        Assert.Equal(time.GetUtcNow() + options.RestartPeriod, pool.Snapshot().BackOff!.Until);
        File.WriteAllText(allowed, "");
        time.Advance(options.RestartPeriod - TimeSpan.FromTicks(1));
        await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static state => state));
        Assert.Equal(1, pool.Snapshot().Totals.FailedStarts);

        time.Advance(TimeSpan.FromTicks(1));
        await Eventually.Async(() => pool.Snapshot() is { StartFailure: null, BackOff: null });

        Assert.Equal(42, await pool.RunAsync(static state => state));
        Assert.Equal(1, pool.Snapshot().Totals.FailedStarts);
    }
}
