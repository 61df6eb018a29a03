using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>What a time limit costs when it is not reached, and how soon it acts when it is.</summary>
internal static class TimeLimits
{
    private static readonly WorkOptions Tight = new() { Limits = new() { Timeout = TimeSpan.FromMilliseconds(100) } };
    private static readonly WorkOptions Wide = new() { Limits = new() { Timeout = TimeSpan.FromSeconds(30) } };

    internal static async Task RunAsync(Session session)
    {
        await using var pools = PoolSet.Open(session, 1, Backend.Processes, Backend.Mapped, Backend.Portable);
        await session.CompareAsync(Metric.LimitedCalls, pools.Each((pool, _) => RoundTripAsync(pool, session.Scale(full: 20_000, quick: 5000))), rounds: session.Scale(full: 9, quick: 5));
        await session.CompareAsync(Metric.TimeToFail, pools.Each((pool, _) => FailAsync(pool)), rounds: session.Scale(full: 21, quick: 5));
    }

    private static async Task<double> RoundTripAsync(WorkerPool pool, int calls)
    {
        await Task.Yield();
        double[] laps = new double[calls];
        for (int i = 0; i < calls; i++)
        {
            Clock clock = Clock.Start();
            await pool.RunAsync(static () => 1, Wide);
            laps[i] = clock.Seconds * 1e6;
        }

        return Statistics.Median(laps);
    }

    private static async Task<double> FailAsync(WorkerPool pool)
    {
        await pool.RunAsync(static () => 1);
        Clock clock = Clock.Start();
        try
        {
            await pool.RunAsync(static () => Spin(), Tight);
        }
        catch (WorkTimeoutException)
        {
            return clock.Milliseconds;
        }

        throw new InvalidDataException("The busy loop came to an end.");
    }

    private static void Spin()
    {
        while (true)
            Thread.SpinWait(100);
    }
}
