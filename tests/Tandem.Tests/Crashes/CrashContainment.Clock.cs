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
}
