using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tandem.Chaos;

/// <summary>Runs of one kind that take minutes, by hand: crashes, leaks, a pool that cannot start its workers.</summary>
internal static partial class Marathon
{
    private const long Mebibyte = 1 << 20;

    [ThreadStatic]
    private static List<nint>? t_leaks;

    internal static string[] Names => ["crashes", "leaks", "failing"];

    /// <returns>What went wrong.</returns>
    internal static Task<List<string>> RunAsync(string name, int count) => name switch
    {
        "crashes" => CrashAsync(count),
        "leaks" => LeakAsync(count),
        _ => FailAsync(TimeSpan.FromSeconds(count)),
    };

    /// <summary>Crashes among items that lie ready at the same workers: each takes exactly the item along that it happened in.</summary>
    private static async Task<List<string>> CrashAsync(int crashes)
    {
        List<string> complaints = [];
        await using var pool = WorkerPool.Create(Quiet(new ProcessPoolOptions { MaxWorkers = 2, SpareWorkers = 2 }));
        const int Batch = 20;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < crashes; i++)
        {
            int deadly = i % Batch;
            Task<int>[] items = [.. Enumerable.Range(0, Batch).Select(n => n == deadly ? pool.RunAsync(static () => Die()) : pool.RunAsync(static (n, _) => n, n))];
            await Task.WhenAll(items).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            int[] failed = [.. Enumerable.Range(0, Batch).Where(n => !items[n].IsCompletedSuccessfully || items[n].Result != n)];
            if (failed is not [var only] || only != deadly || items[only].Exception?.InnerException is not WorkerCrashedException)
                complaints.Add($"crash {i} of item {deadly} failed the items {string.Join(", ", failed)}");
        }

        Say($"{crashes:N0} crashes in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s: {complaints.Count} failed anything else than the item that they happened in; {pool.Snapshot().Totals}");
        return complaints;
    }

    /// <summary>32 workers leak 10 MiB with each item and may hold 100 MiB.</summary>
    private static async Task<List<string>> LeakAsync(int items)
    {
        const long Limit = 100 * Mebibyte, Leak = 10 * Mebibyte, Empty = 8 * Mebibyte;
        await using var pool = WorkerPool.Create(Quiet(new ProcessPoolOptions { MaxWorkers = 32, MaxWorkerMemory = Limit }));
        long start = Stopwatch.GetTimestamp();
        long[] held = await Task.WhenAll(Enumerable.Range(0, items).Select(_ => pool.RunAsync(static () => Hold(10 * Mebibyte)))).ConfigureAwait(false);
        PoolTotals totals = pool.Snapshot().Totals;
        Say($"{items:N0} items in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s: all succeeded; a worker held {held.Max() / Mebibyte} MiB at most, of {Limit / Mebibyte}; {totals}");
        List<string> complaints = [];
        if (held.Max() > Limit + Leak + Empty)
            complaints.Add($"a worker held {held.Max() / Mebibyte} MiB");
        if (totals.Crashes > 0)
            complaints.Add($"{totals.Crashes} workers crashed");
        return complaints;
    }

    /// <summary>A pool whose workers die in their initializer, with work that keeps coming.</summary>
    private static async Task<List<string>> FailAsync(TimeSpan time)
    {
        ProcessPoolOptions options = Quiet(new ProcessPoolOptions { MaxWorkers = 4 });
        await using var pool = WorkerPool.Create(options, static () => Die());
        // The limit is reached, and the program has come up.
        await pool.RunAsync(static (int state) => state).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        long start = Stopwatch.GetTimestamp();
        double before = CpuSeconds();
        int refused = 1;
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            try
            {
                await pool.RunAsync(static (int state) => state).ConfigureAwait(false);
            }
            catch (WorkerStartException)
            {
                refused++;
            }

            await Task.Delay(1_000).ConfigureAwait(false);
        }

        double share = (CpuSeconds() - before) / time.TotalSeconds;
        PoolTotals totals = pool.Snapshot().Totals;
        // The limit at once, then one try in each period.
        // Before, so many kills in a row are somebody else's doing for all that the pool knows.
        const int Excused = 10;
        double allowed = Excused + options.MaxWorkers + options.MaxRestarts + Math.Ceiling(time / options.RestartPeriod);
        Say($"{time.TotalSeconds:F0} s: {totals.Starts} starts, at most {allowed:F0} allowed; {refused} items failed with the cause; {share:P2} of a core, workers included");
        List<string> complaints = [];
        if (totals.Starts > allowed)
            complaints.Add($"{totals.Starts} starts, of {allowed} allowed");
        // In less time a single try weighs too much.
        if (time >= TimeSpan.FromSeconds(60) && share > 0.01)
            complaints.Add(string.Create(CultureInfo.InvariantCulture, $"{share:P2} of a core"));
        return complaints;
    }

    private static ProcessPoolOptions Quiet(ProcessPoolOptions options)
    {
        options.LoggerFactory = NullLoggerFactory.Instance;
        return options;
    }

    private static int Die()
    {
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static unsafe long Hold(long bytes)
    {
        void* memory = NativeMemory.Alloc((nuint)bytes);
        NativeMemory.Fill(memory, (nuint)bytes, 1);
        (t_leaks ??= []).Add((nint)memory);
        return Footprint.PrivateMemory();
    }

    /// <summary>Of this process and of its children that have ended.</summary>
    private static double CpuSeconds()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const double TicksPerSecond = 100; // USER_HZ, which is fixed for programs
        return fields[11..15].Sum(static field => long.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
