using System.Runtime.CompilerServices;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>How many tiny items a second go through a map, in order, results taken one by one.</summary>
internal static class MapThroughput
{
    internal static async Task RunAsync(Session session)
    {
        int items = session.Scale(full: 5_000_000, quick: 2_000_000);
        await using var pools = PoolSet.Open(session, 2, Backend.Own);
        await session.CompareAsync(
            Metric.MapItems,
            [
                .. pools.Each((pool, backend) => MapAsync(pool, backend == Backend.Portable ? items / 20 : items)),
                new Contender(Backend.Parallel, () => ParallelAsync(items)),
            ],
            rounds: session.Scale(full: 7, quick: 5));
    }

    private static async Task<double> MapAsync(WorkerPool pool, int items)
    {
        long sum = 0;
        Clock clock = Clock.Start();
        await foreach (int result in pool.MapAsync(Enumerable.Range(0, items), static item => item + 1))
            sum += result;

        double seconds = clock.Seconds;
        return sum == (long)items * (items + 1) / 2 ? items / seconds : throw new InvalidDataException("The sum of the results is wrong.");
    }

    // It has no results to give, so it takes none: an advantage that it may keep.
    private static async Task<double> ParallelAsync(int items)
    {
        Clock clock = Clock.Start();
        await System.Threading.Tasks.Parallel.ForEachAsync(
            Enumerable.Range(0, items),
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            static (item, _) =>
            {
                Use(item + 1);
                return ValueTask.CompletedTask;
            });
        return items / clock.Seconds;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Use(int value) => _ = value;
}
