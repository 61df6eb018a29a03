using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>How many tiny calls a second get through when nobody waits for each.</summary>
internal static class CallThroughput
{
    private const int Calls = 1_000_000;

    internal static async Task RunAsync(Session session)
    {
        await using var pools = PoolSet.Open(session, 2, Backend.Own);
        int portable = session.Scale(full: 100_000, quick: 20_000);
        await session.WarmUpAsync(Contenders(pools, Calls / 5, portable / 5));
        await session.CompareAsync(Metric.Calls, Contenders(pools, Calls, portable), rounds: session.Scale(full: 7, quick: 3), warmUps: 0);
    }

    private static IEnumerable<Contender> Contenders(PoolSet pools, int calls, int portableCalls) =>
    [
        .. pools.Each((pool, backend) => SubmitAsync(() => pool.RunAsync(static () => 1), backend == Backend.Portable ? portableCalls : calls)),
        new Contender(Backend.TaskRun, () => SubmitAsync(static () => Task.Run(static () => 1), calls)),
    ];

    internal static async Task<double> SubmitAsync(Func<Task<int>> call, int calls)
    {
        await Task.Yield();
        var tasks = new Task<int>[calls];
        Clock clock = Clock.Start();
        for (int i = 0; i < tasks.Length; i++)
            tasks[i] = call();

        int[] results = await Task.WhenAll(tasks);
        double seconds = clock.Seconds;
        return results.Sum() == calls ? calls / seconds : throw new InvalidDataException("A call gave a wrong result.");
    }
}
