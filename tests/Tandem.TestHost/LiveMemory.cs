namespace Tandem.TestHost;

/// <summary>Makes very many calls, and looks at what lives afterwards: in a program in which nothing else is.</summary>
internal static class LiveMemory
{
    /// <summary>How many bytes more live after the calls, here and in a worker.</summary>
    internal static async Task<string> GrowthAsync(string kind, int calls)
    {
        await using WorkerPool pool = WorkerPool.Create(Roles.Options(kind, 2));
        await CallAsync(pool, calls / 10);
        long here = Bytes(), inWorker = await pool.RunAsync(static () => Bytes());
        await CallAsync(pool, calls);
        here = Bytes() - here;
        return $"grown {here} {await pool.RunAsync(static () => Bytes()) - inWorker}";
    }

    // What lives: what was allocated fills a first generation of 64 MiB before anybody looks at it.
    private static long Bytes() => GC.GetTotalMemory(forceFullCollection: true);

    private static async Task CallAsync(WorkerPool pool, int count)
    {
        var batch = new Task<int>[10_000];
        for (int done = 0; done < count; done += batch.Length)
        {
            for (int i = 0; i < batch.Length; i++)
                batch[i] = pool.RunAsync(static () => 1);
            await Task.WhenAll(batch);
        }
    }
}
