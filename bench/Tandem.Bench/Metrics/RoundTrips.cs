using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>
/// How long one tiny call takes, back to back and after idleness. Beside it, what the hardware and the system alone take: a frame
/// through two rings in shared memory to another process and back.
/// </summary>
internal static class RoundTrips
{
    private static readonly TimeSpan Idleness = TimeSpan.FromMilliseconds(20);

    internal static async Task RunHotAsync(Session session)
    {
        int calls = session.Scale(full: 50_000, quick: 10_000);
        await using var pools = PoolSet.Open(session, 1, Backend.Own);
        using RawRing? ring = OpenRing(session);
        await session.CompareAsync(
            Metric.RoundTripHot,
            [
                .. pools.Each((pool, backend) => HotAsync(() => pool.RunAsync(static () => 1), backend == Backend.Portable ? calls / 10 : calls)),
                new Contender(Backend.TaskRun, () => HotAsync(static () => Task.Run(static () => 1), calls)),
                .. Of(ring, opened => Contender.OfSync(Backend.Ring, () => HotRing(opened, calls))),
            ],
            rounds: session.Scale(full: 9, quick: 5),
            warmUps: 2);
    }

    internal static async Task RunIdleAsync(Session session)
    {
        int calls = session.Scale(full: 25, quick: 8);
        await using var pools = PoolSet.Open(session, 1, Backend.Own);
        using RawRing? ring = OpenRing(session);
        await session.CompareAsync(
            Metric.RoundTripIdle,
            [
                .. pools.Each((pool, _) => IdleAsync(() => pool.RunAsync(static () => 1), calls)),
                new Contender(Backend.TaskRun, () => IdleAsync(static () => Task.Run(static () => 1), calls)),
                .. Of(ring, opened => new Contender(Backend.Ring, () => IdleAsync(() => Parked(opened), calls))),
            ],
            rounds: session.Scale(full: 9, quick: 5));
    }

    private static async Task<double> HotAsync(Func<Task> call, int calls)
    {
        // Away from the stack that began the round: a continuation of another pool's, with whatever that does next.
        await Task.Yield();
        double[] laps = new double[calls];
        for (int i = 0; i < calls; i++)
        {
            Clock clock = Clock.Start();
            await call();
            laps[i] = clock.Microseconds;
        }

        return Statistics.Median(laps);
    }

    private static async Task<double> IdleAsync(Func<Task> call, int calls)
    {
        double[] laps = new double[calls];
        await call();
        for (int i = 0; i < calls; i++)
        {
            await Task.Delay(Idleness);
            Clock clock = Clock.Start();
            await call();
            laps[i] = clock.Microseconds;
        }

        return Statistics.Median(laps);
    }

    private static double HotRing(RawRing ring, int calls)
    {
        // Reading the clock takes a good part of one round trip.
        const int PerLap = 16;
        double[] laps = new double[calls / PerLap];
        ring.SetParking(false);
        for (int i = 0; i < laps.Length; i++)
        {
            Clock clock = Clock.Start();
            for (int k = 0; k < PerLap; k++)
                ring.RoundTrip();
            laps[i] = clock.Microseconds / PerLap;
        }

        // A spinning process would take a core from the next contender.
        ring.SetParking(true);
        return Statistics.Median(laps);
    }

    private static Task Parked(RawRing ring)
    {
        ring.RoundTrip();
        return Task.CompletedTask;
    }

    private static RawRing? OpenRing(Session session)
    {
        if (!session.Wants(Backend.Ring))
            return null;

        if (OperatingSystem.IsLinux())
            return RawRing.Open();

        session.Note("ring: needs Linux");
        return null;
    }

    private static IEnumerable<Contender> Of(RawRing? ring, Func<RawRing, Contender> contender) => ring is null ? [] : [contender(ring)];
}
