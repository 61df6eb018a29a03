using System.Collections.Concurrent;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

/// <content>Workers that end while they start, whoever ends them.</content>
public abstract partial class CrashContainment
{
    [Theory(Timeout = Limits.Test)]
    [InlineData("SIGKILL")]
    [InlineData("SIGTERM")]
    public async Task Workers_that_somebody_kills_while_they_start_are_started_again_at_once(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() && signal == "SIGTERM", "Windows has one way to kill a process.");
        const int Kills = 20;
        var events = new ConcurrentQueue<WorkerEvent>();
        int left = Kills;
        await using WorkerPool pool = Backend.CreateProcesses(2, options => options.MaxRestarts = 1);
        pool.WorkerChanged += (_, happened) =>
        {
            events.Enqueue(happened);
            if (happened.Kind == WorkerEventKind.Started && Interlocked.Decrement(ref left) >= 0)
            {
                if (signal == "SIGKILL")
                    Infrastructure.Deaths.TryKill(happened.WorkerId);
                else
                    Infrastructure.Deaths.TrySend(happened.WorkerId, signal);
            }
        };

        int[] results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => pool.RunAsync(static (number, _) => number, i, new WorkOptions { Limits = new() { MaxCrashRetries = Kills } })));

        Assert.Equal(Enumerable.Range(0, 50), results);
        Assert.DoesNotContain(events, static happened => happened.Kind is WorkerEventKind.RestartLimitReached or WorkerEventKind.StartDelayed);
        Assert.Null(pool.Snapshot().StartFailure);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(Death.Killed)]
    [InlineData(Death.ExitFortyTwo)]
    [InlineData(Death.FailFast)]
    public async Task A_state_factory_that_ends_its_process_fails_the_calls_of_its_pool(Death death)
    {
        ProcessPoolOptions options = Backend.ProcessOptions(1);
        options.MaxRestarts = 2;
        await using WorkerPool<int> pool = WorkerPool.Create(options, () =>
        {
            Infrastructure.Deaths.Die(death);
            return 1;
        });

        await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static state => state));

        Assert.NotNull(pool.Snapshot().StartFailure);
        Assert.Equal(0, pool.Snapshot().Totals.Crashes);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_pool_that_waits_with_the_next_start_says_for_what_and_until_when()
    {
        var events = new ConcurrentQueue<WorkerEvent>();
        ProcessPoolOptions options = Backend.ProcessOptions(1);
        options.MaxRestarts = 1000;
        await using WorkerPool<int> pool = WorkerPool.Create<int>(options, static () => throw new InvalidDataException("the model is missing"));
        pool.WorkerChanged += (_, happened) => events.Enqueue(happened);
        Assert.Null(pool.Snapshot().BackOff);

        Task<int> call = pool.RunAsync(static state => state);
        StartBackOff? wait = null;
        await Eventually.Async(() => (wait = pool.Snapshot().BackOff) is { FailedStarts: >= 6 });
        // The waits are seconds by now. Between two of them a worker is on its way, and nothing is waited for.
        WorkTimeoutException late;
        do
        {
            late = await Assert.ThrowsAsync<WorkTimeoutException>(
                () => pool.RunAsync(static state => state, new WorkOptions { Limits = new() { QueueTimeout = TimeSpan.FromMilliseconds(20) } }));
        }
        while (!late.Message.Contains("in a row", StringComparison.Ordinal));

        Assert.NotNull(wait);
        Assert.IsType<InvalidDataException>(wait.Cause.InnerException);
        Assert.True(wait.Until > DateTimeOffset.UtcNow - Limits.Condition);
        Assert.Contains("the model is missing", late.Message, StringComparison.Ordinal);
        await Eventually.Async(() => events.Any(happened => happened.Kind == WorkerEventKind.StartDelayed && happened.BackOff == wait));
        Assert.False(call.IsCompleted);
        await pool.StopAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_event_of_a_crash_names_the_exception_that_nobody_handled()
    {
        var events = new ConcurrentQueue<WorkerEvent>();
        await using WorkerPool pool = Backend.Create(1);
        pool.WorkerChanged += (_, happened) => events.Enqueue(happened);

        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () =>
        {
            new Thread(static () => throw new InvalidOperationException("nobody catches this")).Start();
            Thread.Sleep(Timeout.Infinite);
        }));

        await Eventually.Async(() => events.Any(static happened => happened.Kind == WorkerEventKind.Crashed));
        string detail = events.First(static happened => happened.Kind == WorkerEventKind.Crashed).Detail;
        Assert.Contains("System.InvalidOperationException: nobody catches this", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", detail, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_pool_that_becomes_smaller_while_its_workers_start_keeps_no_others()
    {
        Trail trail = _scratch.Trail();
        await using WorkerPool pool = Backend.Create(6);
        Task[] items = [.. Enumerable.Range(0, 12).Select(i => pool.RunAsync(() => trail.Add(i)))];

        pool.Resize(1);
        await Task.WhenAll(items);

        Assert.Equal(12, trail.Count);
        await Eventually.Async(() => pool.Snapshot().Workers is [{ State: WorkerState.Idle, IsSpare: false }]);
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public async Task However_a_pool_is_resized_it_ends_up_with_as_many_workers_as_it_should_have(int seed, int spares)
    {
        var random = new Random(seed);
        Gate gate = _scratch.Gate();
        await using WorkerPool pool = Backend.CreateProcesses(3, options => (options.SpareWorkers, options.MaxItemsPerWorker, options.RecycleJitter) = (spares, 5, 0));
        List<Task> items = [];
        int size = 3;
        for (int step = 0; step < 25; step++)
        {
            switch (random.Next(4))
            {
                case 0:
                    size = random.Next(1, 5);
                    pool.Resize(size);
                    break;
                case 1:
                    items.AddRange(Enumerable.Range(0, random.Next(1, 6)).Select(_ => pool.RunAsync(static () => { })));
                    break;
                case 2:
                    items.Add(pool.RunAsync(() => gate.Pass()));
                    break;
                default:
                    await Task.Delay(random.Next(60));
                    break;
            }
        }

        gate.Open();
        await Task.WhenAll(items);

        await Eventually.Async(
            () => pool.Snapshot().Workers is { } workers
                && workers.All(static worker => worker.State == WorkerState.Idle)
                && workers.Count(static worker => !worker.IsSpare) <= size
                && workers.Count(static worker => worker.IsSpare) == spares,
            otherwise: () => $"{size} workers and {spares} spares: {string.Join(", ", pool.Snapshot().Workers)}");
    }
}
