using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

/// <content>Workers that do nothing any more, although their processes are there.</content>
public abstract partial class CrashContainment
{
    [Theory(Timeout = Limits.Test)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Work_that_was_sent_to_a_stopped_worker_runs_in_another(bool hasTimeout)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Stops a process.");
        Trail trail = _scratch.Trail();
        await using WorkerPool pool = Backend.CreateProcesses(1, options => options.TerminationGrace = TimeSpan.Zero);
        int stopped = await pool.RunAsync(static () => Environment.ProcessId);
        await Eventually.Async(() => pool.Snapshot().Workers is [{ State: WorkerState.Idle }]);

        await Infrastructure.Deaths.StopAsync(stopped);
        Task<int>[] calls = [.. Enumerable.Range(0, 5).Select(i => pool.RunAsync(
            () =>
            {
                trail.Add($"{i} {Environment.ProcessId}");
                return Environment.ProcessId;
            },
            hasTimeout ? new WorkOptions { Limits = new() { Timeout = Limits.Condition } } : null))];
        int[] workers = await Task.WhenAll(calls);

        Assert.DoesNotContain(stopped, workers);
        Assert.Equal(5, trail.Count);
        await Eventually.Async(() => !ProcFs.IsAlive(stopped));
        Assert.Equal(0, pool.Snapshot().Totals.Crashes);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_worker_that_was_stopped_for_a_while_comes_back_without_running_anything_twice()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Stops a process.");
        Trail trail = _scratch.Trail();
        await using WorkerPool pool = Backend.Create(1);
        int stopped = await pool.RunAsync(static () => Environment.ProcessId);
        await Eventually.Async(() => pool.Snapshot().Workers is [{ State: WorkerState.Idle }]);

        await Infrastructure.Deaths.StopAsync(stopped);
        Task[] calls = [.. Enumerable.Range(0, 5).Select(i => pool.RunAsync(() => trail.Add($"{i} {Guid.NewGuid()}")))];
        await calls[^1];
        Infrastructure.Deaths.TrySend(stopped, "SIGCONT");
        await Task.WhenAll(calls);
        for (int i = 5; i < 25; i++)
        {
            int number = i;
            await pool.RunAsync(() => trail.Add($"{number} {Guid.NewGuid()}"));
        }

        Assert.Equal(25, trail.Count);
        await Eventually.Async(() => pool.Snapshot().Workers is [{ State: WorkerState.Idle }]);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_map_goes_through_although_one_of_its_workers_is_stopped()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Stops a process.");
        await using WorkerPool pool = Backend.CreateProcesses(2, options => (options.StartEagerly, options.TerminationGrace) = (true, TimeSpan.Zero));
        await Eventually.Async(() => pool.Snapshot().Workers.Count(static worker => worker.State == WorkerState.Idle) == 2);

        await Infrastructure.Deaths.StopAsync(pool.Snapshot().Workers[0].Id);
        List<int> results = await pool.MapAsync(Enumerable.Range(0, 2000), static i => i).ToListAsync();

        Assert.Equal(Enumerable.Range(0, 2000), results);
    }
}
