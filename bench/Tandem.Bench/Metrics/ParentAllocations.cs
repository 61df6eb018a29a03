using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>What a call of a static lambda allocates in the calling process, on all its threads, once everything is warm.</summary>
internal static class ParentAllocations
{
    private const int Batch = 1000;

    internal static async Task RunAsync(Session session)
    {
        int calls = session.Scale(full: 200_000, quick: 20_000);
        await using var pools = PoolSet.Open(session, 2, Backend.Own);
        await session.CompareAsync(
            Metric.ParentBytes,
            [
                .. pools.Each((pool, backend) => MeasureAsync(() => pool.RunAsync(static () => 1), backend == Backend.Portable ? calls / 20 : calls)),
                new Contender(Backend.TaskRun, () => MeasureAsync(static () => Task.Run(static () => 1), calls)),
            ],
            rounds: session.Scale(full: 3, quick: 1));
    }

    private static async Task<double> MeasureAsync(Func<Task<int>> call, int calls) =>
        Math.Max(await AwaitedAsync(call, calls), await BatchedAsync(call, calls));

    private static async Task<double> AwaitedAsync(Func<Task<int>> call, int calls)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < calls; i++)
            _ = await call();

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)calls;
    }

    private static async Task<double> BatchedAsync(Func<Task<int>> call, int calls)
    {
        var batch = new Task<int>[Batch];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int done = 0; done < calls; done += batch.Length)
        {
            for (int i = 0; i < batch.Length; i++)
                batch[i] = call();
            foreach (Task<int> task in batch)
                _ = await task;
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)calls;
    }
}
