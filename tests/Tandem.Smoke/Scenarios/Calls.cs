using System.Collections.Concurrent;

namespace Tandem.Smoke.Scenarios;

/// <summary>Calls that succeed, and where they run.</summary>
internal static class Calls
{
    private static int s_started; // of this worker

    internal static readonly Scenario[] All =
    [
        new("run", RunAsync),
        new("argument", ArgumentAsync),
        new("async", AwaitAsync),
        new("many-calls", ManyAsync),
        new("workers-in-parallel", WorkersInParallelAsync),
        new("concurrency-per-worker", ConcurrencyPerWorkerAsync),
        new("state", StateAsync),
        new("initializer", InitializerAsync),
        new("progress", ProgressAsync),
    ];

    private static async Task RunAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        int number = 41;
        Check.Equal(42, await pool.RunAsync(() => number + 1));
        int id = await pool.RunAsync(static () => Environment.ProcessId);
        Check.Equal(setting.HasProcesses, id != Environment.ProcessId);
    }

    private static async Task ArgumentAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        Check.Equal("tandem", await pool.RunAsync(static (text, _) => text.ToLowerInvariant(), "TANDEM"));
    }

    private static async Task AwaitAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        int number = 4;
        int result = await pool.RunAsync(async token =>
        {
            await Task.Delay(1, token);
            await Task.Yield();
            return number * number;
        });
        Check.Equal(16, result);
    }

    private static async Task ManyAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        int[] results = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => pool.RunAsync(static (number, _) => number + 1, i)));
        Check.Sequence(Enumerable.Range(1, 2000), results);
    }

    /// <summary>Two items that wait for each other, so neither ends before the other has started.</summary>
    private static async Task WorkersInParallelAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        Gate[] gates = [setting.CreateGate(), setting.CreateGate()];
        int[] workers = await Task.WhenAll(Enumerable.Range(0, 2).Select(number => pool.RunAsync(() =>
        {
            gates[number].Open();
            gates[1 - number].Pass();
            return Environment.ProcessId;
        })));
        Check.Equal(setting.HasProcesses, workers[0] != workers[1]);
    }

    private static async Task ConcurrencyPerWorkerAsync(Setting setting)
    {
        const int Concurrency = 4;
        await using WorkerPool pool = setting.CreatePool(1, static options => options.ConcurrencyPerWorker = Concurrency);
        int[] workers = await Task.WhenAll(Enumerable.Range(0, Concurrency).Select(_ => pool.RunAsync(static () =>
        {
            Interlocked.Increment(ref s_started);
            while (Volatile.Read(ref s_started) < Concurrency)
                Thread.Sleep(1);
            return Environment.ProcessId;
        })));
        Check.Equal(1, workers.Distinct().Count());
    }

    private static async Task StateAsync(Setting setting)
    {
        int first = 100;
        await using WorkerPool<List<int>> pool = WorkerPool.Create(setting.Options(1), () => new List<int> { first });
        for (int i = 1; i <= 3; i++)
            await pool.RunAsync(static (state, number, _) => state.Add(number), i);
        Check.Equal("100 1 2 3", await pool.RunAsync(static state => string.Join(' ', state)));
    }

    private static async Task InitializerAsync(Setting setting)
    {
        string value = setting.Folder;
        await using WorkerPool pool = setting.CreatePool(1, options => options.InitializeWorker = () => AppContext.SetData("smoke", value));
        Check.Equal(value, await pool.RunAsync(static () => AppContext.GetData("smoke") as string));
    }

    private static async Task ProgressAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        var reports = new Reports();
        IProgress<int> progress = reports;
        await pool.RunAsync(() =>
        {
            for (int i = 0; i < 100; i++)
                progress.Report(i);
        });
        await setting.UntilAsync(() => reports.Values.Count == 100, "all reports of progress arrive");
        Check.Sequence(Enumerable.Range(0, 100), reports.Values);
    }

    private sealed class Reports : IProgress<int>
    {
        internal ConcurrentQueue<int> Values { get; } = new();

        public void Report(int value) => Values.Enqueue(value);
    }
}
