using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>How many tiny calls a second get through when nobody waits for each.</summary>
internal static class CallThroughput
{
    private const int Calls = 1_000_000;

    internal static async Task RunAsync(Session session)
    {
        await using var pools = PoolSet.Open(session, 2, Backend.Own);
        await session.CompareAsync(
            Metric.Calls,
            [
                .. pools.Each((pool, backend) => SubmitAsync(
                    () => pool.RunAsync(static () => 1), backend == Backend.Portable ? session.Scale(full: 100_000, quick: 20_000) : Calls)),
                new Contender(Backend.TaskRun, () => SubmitAsync(static () => Task.Run(static () => 1), Calls)),
            ],
            rounds: session.Scale(full: 7, quick: 3));
    }

    private static async Task<double> SubmitAsync(Func<Task<int>> call, int calls)
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
