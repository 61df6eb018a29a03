namespace Tandem.Smoke.Scenarios;

/// <summary>Work on sequences.</summary>
internal static class Maps
{
    internal static readonly Scenario[] All =
    [
        new("map", OrderedAsync),
        new("map-unordered", UnorderedAsync),
        new("for-each", ForEachAsync),
        new("map-errors", ErrorsAsync),
        new("map-left-early", LeftEarlyAsync),
        new("map-with-crashes", CrashesAsync) { NeedsProcesses = true },
    ];

    private static async Task OrderedAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        List<int> results = [];
        await foreach (int result in pool.MapAsync(Enumerable.Range(0, 5000), static number => number * 2))
            results.Add(result);
        Check.Sequence(Enumerable.Range(0, 5000).Select(static number => number * 2), results);
    }

    private static async Task UnorderedAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        List<int> results = [];
        await foreach (int result in pool.MapAsync(SourceAsync(500), static number => number + 1, new MapOptions { Ordered = false }))
            results.Add(result);
        Check.Sequence(Enumerable.Range(1, 500), results.Order());
    }

    private static async Task ForEachAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        string folder = setting.Folder;
        await pool.ForEachAsync(Enumerable.Range(0, 50), number => File.WriteAllText(Path.Combine(folder, $"{number}"), ""));
        Check.Equal(50, Directory.GetFiles(folder).Length);
    }

    private static async Task ErrorsAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        List<long> failed = [];
        await foreach (WorkResult<int> result in pool.MapResultsAsync(
            Enumerable.Range(0, 300), static number => number % 50 == 7 ? throw new InvalidOperationException($"{number}") : number))
        {
            if (result.Succeeded)
                Check.Equal((int)result.Index, result.Value);
            else if (result.Error is InvalidOperationException error && error.Message == $"{result.Index}")
                failed.Add(result.Index);
            else
                throw new SmokeException($"element {result.Index} failed with {result.Error}");
        }

        Check.Sequence([7L, 57, 107, 157, 207, 257], failed);
    }

    private static async Task LeftEarlyAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        int seen = 0;
        await foreach (int result in pool.MapAsync(Enumerable.Range(0, int.MaxValue), static number => number))
        {
            Check.Equal(seen, result);
            if (++seen == 100)
                break;
        }

        Check.Equal(5, await pool.RunAsync(static () => 5));
    }

    /// <summary>Only the elements that crash fail, however the pool groups them.</summary>
    private static async Task CrashesAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        List<long> crashed = [];
        List<int> results = [];
        await foreach (WorkResult<int> result in pool.MapResultsAsync(
            Enumerable.Range(0, 400),
            static number =>
            {
                if (number % 100 == 33)
                    Environment.Exit(3);
                return number;
            }))
        {
            if (result.Succeeded)
                results.Add(result.Value);
            else if (result.Error is WorkerCrashedException { ExitCode: 3 })
                crashed.Add(result.Index);
            else
                throw new SmokeException($"element {result.Index} failed with {result.Error}");
        }

        Check.Sequence([33L, 133, 233, 333], crashed);
        Check.Sequence(Enumerable.Range(0, 400).Where(static number => number % 100 != 33), results);
    }

    private static async IAsyncEnumerable<int> SourceAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (i % 10 == 0)
                await Task.Yield();
            yield return i;
        }
    }
}
