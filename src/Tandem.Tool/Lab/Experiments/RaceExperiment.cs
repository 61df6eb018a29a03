using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Compare;
using Tandem.Compare.Statistics;
using Tandem.Interop;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Shows what happens to data that threads change without a lock, and measures the cost of each remedy.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RaceExperiment : LabExperiment
{
    private const int MaximumThreads = 16;
    private const int MostRepetitions = 10;
    private const string Plain = "plain";
    private const string Atomic = "interlocked";
    private const string Locked = "lock";
    private const string Own = "own";
    private const string Broken = "dictionary_broken";
    private const string Endless = "dictionary_endless";

    private static readonly LabClaim[] Claims =
    [
        new SeenClaim("updates get lost", Lost(Plain), double.Epsilon),
        new SeenClaim("a Dictionary breaks", Broken, 1),
        new SeenClaim("a Dictionary loops forever", Endless, 1),
        new RatioClaim("Interlocked costs less than a lock", Together(Locked), Together(Atomic), 1.1),
        new RatioClaim("not to share costs less than Interlocked", Together(Atomic), Together(Own), 1.1),
    ];

    internal override string Name => "race";

    internal override string Question => "What do threads do to data without a lock, and what does each remedy cost?";

    internal override string Expected =>
        "Updates get lost, a Dictionary breaks or loops forever; Interlocked costs less than a lock, and not to share costs nothing.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        int threads = Math.Clamp(Environment.ProcessorCount, 2, MaximumThreads);
        int tries = context.Times(40, 7), counts = context.Times(2_500_000, 600_000), words = context.Times(600_000, 60_000);
        var dictionaries = new List<RaceDictionary.Outcome>();
        await using WorkerPool pool = WorkerPool.Processes(threads);
        // Connects the workers to the shared counter beforehand, so that this is not measured.
        foreach (Func<WorkerPool, int, int, Task<long>> count in
            (Func<WorkerPool, int, int, Task<long>>[])[CountAsync, ShareAsync, CountWordsAsync])
        {
            await count(pool, threads, 1).ConfigureAwait(false);
        }

        LabRounds rounds = await LabRounds.MeasureAsync(context, Claims, context.Times(5, 3), async _ =>
        {
            context.Begin("a Dictionary without a lock");
            RaceDictionary.Outcome dictionary =
                await RaceDictionary.RunAsync(tries, threads, context.CancellationToken).ConfigureAwait(false);
            dictionaries.Add(dictionary);
            var figures = new Dictionary<string, double> { [Broken] = dictionary.Times - dictionary.Whole, [Endless] = dictionary.Hung };
            context.Begin("remedies on threads");
            // For longer than a time slice, and until an update is lost: on a busy machine, one thread may finish before the next begins.
            OnThreads(figures, Plain, threads, 10 * counts, static (one, operations) => one.Plain(operations), MostRepetitions);
            OnThreads(figures, Atomic, threads, counts, static (one, operations) => one.Atomic(operations));
            OnThreads(figures, Locked, threads, counts, static (one, operations) => one.Locked(operations));
            OnThreads(figures, Own, threads, counts, static (one, operations) => one.Own(operations));
            OnThreads(figures, "lock_words", threads, words, static (one, operations) => one.LockedWords(operations));
            OnThreads(figures, "concurrent_words", threads, words, static (one, operations) => one.ConcurrentWords(operations));
            OnThreads(figures, "own_words", threads, words, static (one, operations) => one.OwnWords(operations));
            context.Begin("remedies in processes");
            await InProcessesAsync(figures, "process", pool, threads, counts, CountAsync).ConfigureAwait(false);
            await InProcessesAsync(figures, "shared", pool, threads, counts, ShareAsync).ConfigureAwait(false);
            await InProcessesAsync(figures, "process_words", pool, threads, words, CountWordsAsync).ConfigureAwait(false);
            return figures;
        }).ConfigureAwait(false);

        Cost Of(string name, string key)
        {
            double together = rounds.Median(Together(key));
            return new Cost(
                name,
                key,
                key == Plain ? rounds.All(Lost(key)).Average() : rounds.All(Lost(key)).Max(),
                rounds.Median(Alone(key)),
                together,
                threads / together);
        }

        List<Cost> counter =
        [
            Of("nothing", Plain), Of("Interlocked", Atomic), Of("lock", Locked), Of("a count each, then added", Own),
            Of("processes, a result each", "process"), Of("processes, SharedCounter", "shared"),
        ];
        List<Cost> tables =
        [
            Of("lock", "lock_words"), Of("ConcurrentDictionary", "concurrent_words"),
            Of("a Dictionary each, merged", "own_words"), Of("processes, a result each", "process_words")
        ];
        return Tell(threads, rounds.Decision, RaceDictionary.Outcome.Sum(dictionaries), counter, tables);
    }

    private static string Alone(string key) => $"{key}_alone_seconds";

    private static string Together(string key) => $"{key}_together_seconds";

    private static string Lost(string key) => $"{key}_lost";

    private static LabResult Tell(
        int threads, LabDecision decision, RaceDictionary.Outcome dictionary, List<Cost> counter, List<Cost> tables)
    {
        Cost plain = counter[0], atomic = counter[1], locked = counter[2], own = counter[3];
        double broken = (double)(dictionary.Times - dictionary.Whole) / dictionary.Times;
        var result = new LabResult(
            $"{threads} threads on {Amount.Of(Environment.ProcessorCount, "processor")} lost {plain.Lost:P0} of their counts "
            + $"and broke {broken:P0} of the Dictionaries, {dictionary.Hung} endlessly; "
            + $"a safe count takes {LabFigures.Seconds(atomic.Together)} with Interlocked, "
            + $"{LabFigures.Seconds(locked.Together)} with a lock, {LabFigures.Seconds(own.Together)} where each has its own.",
            decision)
        {
            Values =
            {
                ["threads_count"] = threads,
                ["counter_lost_percent"] = plain.Lost * 100,
                ["dictionary_tries_count"] = dictionary.Times,
                ["dictionary_thrown_count"] = dictionary.Thrown,
                ["dictionary_silent_count"] = dictionary.Silent,
                ["dictionary_whole_count"] = dictionary.Whole,
                ["dictionary_endless_count"] = dictionary.Hung,
                ["remedies_lost_percent"] = counter.Skip(1).Concat(tables).Max(static one => one.Lost) * 100,
            },
        };
        if (Environment.ProcessorCount == 1)
            result.Text.Add("On one processor, threads take turns: updates get lost only where a turn ends between a read and its write.");
        else if (dictionary.Hung == 0)
            result.Text.Add("No Dictionary looped forever: .NET's counts the steps that it takes along a chain, and throws.");

        var harm = new LabTable($"New Dictionaries, each written by {threads} threads without a lock", ["what came of it", "Dictionaries"]);
        harm.Row("all entries there", Whole(dictionary.Whole)).Row("did not end", Whole(dictionary.Hung))
            .Row("a thread got an exception", Whole(dictionary.Thrown)).Row("no exception, entries missing", Whole(dictionary.Silent));
        if (dictionary.Lost.Count > 0)
        {
            harm.Row(
                "share of entries that these lack, median",
                Series.Median(dictionary.Lost).ToString("P2", CultureInfo.InvariantCulture));
        }

        foreach ((string error, int times) in dictionary.Errors)
            harm.Row($"threads that got {error}", Whole(times));

        result.Tables.Add(harm);
        Add(result, $"Counting to one number: a count, for each of {threads}", counter);
        Add(result, $"Counting {RaceCounting.Words} words in a Dictionary: a word, for each of {threads}", tables);
        return result;
    }

    private static void Add(LabResult result, string title, List<Cost> costs)
    {
        var table = new LabTable(title, ["remedy", "lost", "alone", "together", "all, per second"]);
        foreach (Cost one in costs)
        {
            table.Row(
                one.Name,
                one.Lost.ToString("P0", CultureInfo.InvariantCulture),
                LabFigures.Seconds(one.Alone),
                LabFigures.Seconds(one.Together),
                $"{(one.Rate / 1e6).ToString("0.0", CultureInfo.InvariantCulture)} million");
            result.Values[$"{one.Key}_alone_seconds"] = one.Alone;
            result.Values[$"{one.Key}_together_seconds"] = one.Together;
        }

        result.Tables.Add(table);
        Svg plot = Charts.Dots(
            title,
            "time of one operation",
            [.. costs.Select(static one => one.Name)],
            [("alone", [.. costs.Select(static one => one.Alone)]), ("together", [.. costs.Select(static one => one.Together)])],
            LabFigures.Seconds);
        result.Plots.Add((plot, table));
    }

    private static string Whole(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void OnThreads(
        Dictionary<string, double> figures,
        string key,
        int threads,
        int operations,
        Action<RaceCounting, int> count,
        int mostRepetitions = 1)
    {
        int[] processors = Libc.GetProcessors();
        figures[Alone(key)] = Measure(1).Seconds;
        (figures[Together(key)], figures[Lost(key)]) = Measure(threads);

        (double Seconds, double Lost) Measure(int parties)
        {
            var seconds = new List<double>();
            var losses = new List<double>();
            do
            {
                var counting = new RaceCounting();
                seconds.Add(LabThreads.Run(parties, index =>
                {
                    // A busy system may run both threads on one processor, where they do not conflict.
                    if (processors.Length > 1)
                        Libc.TryPin(processors[index % processors.Length]);
                    count(counting, operations);
                }));
                losses.Add(1 - ((double)counting.Count / ((long)operations * parties)));
            }
            while (parties > 1 && losses.Count < mostRepetitions && losses[^1] <= 0);

            return (Series.Median(seconds) / operations, losses.Max());
        }
    }

    private static async Task InProcessesAsync(
        Dictionary<string, double> figures,
        string key,
        WorkerPool pool,
        int processes,
        int operations,
        Func<WorkerPool, int, int, Task<long>> count)
    {
        (figures[Alone(key)], _) = await MeasureAsync(1).ConfigureAwait(false);
        (figures[Together(key)], figures[Lost(key)]) = await MeasureAsync(processes).ConfigureAwait(false);

        async Task<(double Seconds, double Lost)> MeasureAsync(int parties)
        {
            long start = Stopwatch.GetTimestamp();
            long counted = await count(pool, parties, operations).ConfigureAwait(false);
            return (Stopwatch.GetElapsedTime(start).TotalSeconds / operations, 1 - ((double)counted / ((long)operations * parties)));
        }
    }

    private static async Task<long> CountAsync(WorkerPool pool, int processes, int operations)
    {
        long[] counts = await Task.WhenAll(
            Enumerable.Range(0, processes).Select(_ => pool.RunAsync(() => RaceCounting.Alone(operations)))).ConfigureAwait(false);
        return counts.Sum();
    }

    private static async Task<long> ShareAsync(WorkerPool pool, int processes, int operations)
    {
        using var counter = new SharedCounter();
        await Task.WhenAll(Enumerable.Range(0, processes).Select(_ => pool.RunAsync(() => RaceCounting.Shared(counter, operations))))
            .ConfigureAwait(false);
        return counter.Value;
    }

    private static async Task<long> CountWordsAsync(WorkerPool pool, int processes, int operations)
    {
        Dictionary<int, int>[] all = await Task.WhenAll(
            Enumerable.Range(0, processes).Select(_ => pool.RunAsync(() => RaceCounting.AloneWords(operations)))).ConfigureAwait(false);
        var merged = new RaceCounting();
        foreach (Dictionary<int, int> one in all)
            merged.Merge(one);

        return merged.Count;
    }

    /// <param name="Name">The remedy.</param>
    /// <param name="Key">The name in JSON.</param>
    /// <param name="Lost">The share of updates that were lost.</param>
    /// <param name="Alone">Seconds per operation with a single thread.</param>
    /// <param name="Together">Seconds per operation for each of several concurrent threads.</param>
    /// <param name="Rate">Operations per second of all threads together.</param>
    private sealed record Cost(string Name, string Key, double Lost, double Alone, double Together, double Rate);
}
