using System.Diagnostics;
using System.Globalization;
using Tandem.Bench.Harness;

namespace Tandem.Bench.Metrics;

/// <summary>
/// How much processor time the calling process takes beside work that computes for a fixed time, and how close to the ideal speed the work
/// comes. On threads the work itself is subtracted.
/// </summary>
internal static class Overhead
{
    private static readonly Case[] Cases =
    [
        .. new[] { 200, 1000, 5000 }.SelectMany(static length => new[] { new Case(true, length, 1), new Case(false, length, 1) }),
        new Case(true, 1000, Environment.ProcessorCount),
    ];

    internal static readonly Metric[] Metrics = [.. Cases.SelectMany(static test => new[] { test.Overhead, test.Speed })];

    internal static async Task RunAsync(Session session)
    {
        foreach (Case test in Cases)
        {
            if (!session.Wants(test.Overhead) && !session.Wants(test.Speed))
                continue;

            await using var pools = PoolSet.Open(session, test.Workers, Backend.Threads, Backend.Processes);
            var speeds = new Dictionary<string, List<double>>();
            await session.CompareAsync(
                test.Overhead,
                [
                    .. pools.Each((pool, backend) => MeasureAsync(test, backend, speeds, items => RunOnPoolAsync(test, pool, items), session)),
                    test.IsMap
                        ? new Contender(Backend.Parallel, () => MeasureAsync(test, Backend.Parallel, speeds, items => RunInParallelAsync(test, items), session))
                        : new Contender(Backend.TaskRun, () => MeasureAsync(test, Backend.TaskRun, speeds, items => RunAsTasksAsync(test, items), session)),
                ],
                rounds: session.Scale(full: 7, quick: 3),
                warmUps: 2);
            foreach ((string backend, List<double> figures) in speeds)
                session.Add(backend, test.Speed, Statistics.Median(figures));
        }
    }

    private static async Task<double> MeasureAsync(
        Case test, string backend, Dictionary<string, List<double>> speeds, Func<int, Task> runAsync, Session session)
    {
        await Task.Yield();
        int items = session.Scale(full: 1_000_000, quick: 300_000) / test.Length * test.Workers;
        double work = items * (test.Length / 1e6);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Clock clock = Clock.Start();
        await runAsync(items);
        double seconds = clock.Seconds;
        double used = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        if (!speeds.TryGetValue(backend, out List<double>? figures))
            speeds[backend] = figures = [];
        figures.Add(work / test.Workers / seconds);
        return (backend == Backend.Processes ? used : used - work) / work;
    }

    private static async Task RunOnPoolAsync(Case test, WorkerPool pool, int items)
    {
        if (test.IsMap)
        {
            int sum = 0;
            await foreach (int done in pool.MapAsync(Enumerable.Repeat(test.Length, items), static length => Compute(length)))
                sum += done;
            if (sum != items)
                throw new InvalidDataException("Items were lost.");
            return;
        }

        for (int i = 0; i < items; i++)
            await pool.RunAsync(static (length, _) => Compute(length), test.Length);
    }

    private static Task RunInParallelAsync(Case test, int items) => Parallel.ForEachAsync(
        Enumerable.Repeat(test.Length, items),
        new ParallelOptions { MaxDegreeOfParallelism = test.Workers },
        static (length, _) =>
        {
            Compute(length);
            return default;
        });

    private static async Task RunAsTasksAsync(Case test, int items)
    {
        for (int i = 0; i < items; i++)
            await Task.Run(() => Compute(test.Length));
    }

    private static int Compute(int microseconds)
    {
        long end = Stopwatch.GetTimestamp() + microseconds * Stopwatch.Frequency / 1_000_000;
        while (Stopwatch.GetTimestamp() < end)
        {
        }

        return 1;
    }

    /// <param name="IsMap">A map; otherwise calls that are awaited one by one.</param>
    /// <param name="Length">How long each item computes, in microseconds.</param>
    /// <param name="Workers">How many workers there are.</param>
    private sealed record Case(bool IsMap, int Length, int Workers)
    {
        internal Metric Overhead { get; } = new(
            $"overhead_{NameOf(IsMap, Length, Workers)}", "×", true,
            $"the calling process's processor time beside {TextOf(IsMap, Length, Workers)}, as a part of the work")
        {
            IsSlow = Length != 1000,
        };

        internal Metric Speed { get; } = new(
            $"overhead_speed_{NameOf(IsMap, Length, Workers)}", "×", false,
            $"the speed of {TextOf(IsMap, Length, Workers)}, as a part of the ideal one")
        {
            IsSlow = Length != 1000,
        };

        private static string NameOf(bool isMap, int length, int workers) => string.Create(
            CultureInfo.InvariantCulture,
            $"{(isMap ? "map" : "await")}_{(length < 1000 ? $"{length}us" : $"{length / 1000}ms")}{(workers > 1 ? "_all" : "")}");

        private static string TextOf(bool isMap, int length, int workers) => string.Create(
            CultureInfo.InvariantCulture,
            $"{(isMap ? "a map of items" : "awaited calls")} that compute for {length} µs on {(workers > 1 ? "as many workers as processors" : "one worker")}");
    }
}
