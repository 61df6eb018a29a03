using System.Diagnostics;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Crashes;

public abstract partial class CrashContainment
{
    [Fact(Timeout = 2 * Limits.Test)]
    public async Task An_item_at_the_very_edge_of_its_time_never_harms_the_next_one()
    {
        await using WorkerPool pool = Backend.Create(1, options => options.SpareWorkers = 1);
        var limit = new WorkOptions { Timeout = TimeSpan.FromMilliseconds(2) };
        int late = 0;
        for (int i = 0; i < 1000; i++)
        {
            // The work ends some microseconds before or after its limit; every twentieth cannot see its token.
            int microseconds = 1900 + i % 200;
            Task edge = i % 20 == 0
                ? pool.RunAsync(static (time, _) => Spin(time, CancellationToken.None), microseconds, limit)
                : pool.RunAsync(static (time, token) => Spin(time, token), microseconds, limit);
            Task<int> next = pool.RunAsync(static (number, _) => number, i);
            try
            {
                await edge;
            }
            catch (WorkTimeoutException)
            {
                late++;
            }

            Assert.Equal(i, await next);
        }

        // One whose limit was over in the moment in which it ended is counted first, and then taken back.
        await Eventually.Async(() => pool.Snapshot().Totals.Timeouts == late, otherwise: () => $"{pool.Snapshot().Totals.Timeouts} instead of {late}.");
        Assert.Equal(0, pool.Snapshot().Totals.Crashes);
    }

    [Fact(Timeout = 2 * Limits.Test)]
    public async Task An_item_that_is_cancelled_at_its_end_never_harms_the_next_one()
    {
        const int MostKills = 100; // on a busy machine nearly every worker is late for its grace, and each costs a start
        await using WorkerPool pool = Backend.Create(1, options => (options.CancellationGrace, options.SpareWorkers) = (TimeSpan.FromMilliseconds(1), 1));
        for (int i = 0; i < 1000 && pool.Snapshot().Totals.Kills < MostKills; i++)
        {
            using var source = new CancellationTokenSource();
            Task edge = pool.RunAsync(static (time, _) => Spin(time, CancellationToken.None), 100 + i % 100, cancellationToken: source.Token);
            Task<int> next = pool.RunAsync(static (number, _) => number, i);
            Spin(50 + i % 150, CancellationToken.None);
            await source.CancelAsync();
            await edge.ContinueWith(static _ => { }, TaskScheduler.Default);
            Assert.Equal(i, await next);
        }

        Assert.Equal(0, pool.Snapshot().Totals.Crashes);
    }

    [Fact(Timeout = 2 * Limits.Test)]
    public async Task Of_items_that_lie_ready_at_a_worker_that_dies_none_fails()
    {
        const int Crashes = 250; // on each of two transports
        await using WorkerPool pool = Backend.Create(2, options => options.SpareWorkers = 2);
        var outcomes = new List<(bool IsFatal, Task<int> Task)>();
        for (int round = 0; round < Crashes; round++)
        {
            for (int i = 0; i < 50; i++)
            {
                bool isFatal = i == round % 50;
                outcomes.Add((isFatal, pool.RunAsync(
                    static (dies, _) =>
                    {
                        if (dies)
                            Environment.Exit(3);
                        return 1;
                    },
                    isFatal)));
            }

            if (round % 10 == 9)
                await Task.WhenAll(outcomes.Select(static outcome => outcome.Task)).ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        await Task.WhenAll(outcomes.Select(static outcome => outcome.Task)).ContinueWith(static _ => { }, TaskScheduler.Default);
        Assert.All(outcomes, static outcome => Assert.Equal(outcome.IsFatal, outcome.Task.Exception?.InnerException is WorkerCrashedException));
        Assert.All(outcomes, static outcome => Assert.Equal(!outcome.IsFatal, outcome.Task.IsCompletedSuccessfully));
        Assert.Equal(Crashes, pool.Snapshot().Totals.Crashes);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_initializer_that_always_fails_is_tried_only_as_often_as_allowed()
    {
        WorkerPoolOptions options = Backend.Options(1);
        options.RestartLimit = 3;
        options.RestartPeriod = TimeSpan.FromHours(1);
        await using WorkerPool<int> pool = WorkerPool.Create<int>(options, static () => throw new InvalidDataException("broken for good"));

        for (int i = 0; i < 200; i++)
            await Assert.ThrowsAsync<WorkerStartException>(() => pool.RunAsync(static state => state));

        Assert.InRange(pool.Snapshot().Totals.FailedStarts, 1, 3);
    }

    private static int Spin(int microseconds, CancellationToken token)
    {
        long end = Stopwatch.GetTimestamp() + microseconds * Stopwatch.Frequency / 1_000_000;
        while (Stopwatch.GetTimestamp() < end)
            token.ThrowIfCancellationRequested();

        return 0;
    }
}
