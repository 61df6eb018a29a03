using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>What a lock costs that nobody else wants.</summary>
internal static class SharedLocks
{
    internal static async Task RunAsync(Session session)
    {
        int count = session.Scale(full: 5_000_000, quick: 1_000_000);
        using var shared = new SharedLock();
        using var local = new SharedLock(Isolation.Thread);
        object monitor = new();
        await session.CompareAsync(
            Metric.LockUncontended,
            [
                Contender.OfSync(Backend.Processes, () => Measure(shared, count)),
                Contender.OfSync(Backend.Threads, () => Measure(local, count)),
                Contender.OfSync(Backend.Plain, () => Measure(monitor, count)),
            ],
            rounds: session.Scale(full: 9, quick: 3),
            warmUps: 3);
    }

    private static double Measure(SharedLock gate, int count)
    {
        Clock clock = Clock.Start();
        for (int i = 0; i < count; i++)
        {
            using SharedLock.Scope scope = gate.Enter();
        }

        return clock.Seconds * 1e9 / count;
    }

    private static double Measure(object monitor, int count)
    {
        Clock clock = Clock.Start();
        for (int i = 0; i < count; i++)
        {
            lock (monitor)
            {
            }
        }

        return clock.Seconds * 1e9 / count;
    }
}
