using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Compare;
using Tandem.Interop;
using Tandem.Tool.Lab.Deciding;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Shows the machine's processors, as Linux describes them, and on which of them workers run.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ProcessorExperiment : LabExperiment
{
    private const string Root = "/sys/devices/system";
    private const string ThreadsShare = "threads_share";
    private const string ProcessesShare = "processes_share";

    // If other programs are busy, a system that would spread the workers may not do so.
    private static readonly LabClaim[] Claims =
    [
        new SeenClaim("threads run on all processors", ThreadsShare, 1),
        new SeenClaim("processes run on all processors", ProcessesShare, 1),
    ];

    internal override string Name => "cpu";

    internal override string Question => "What are this machine's cores and caches, and where do workers run?";

    internal override string Expected =>
        "The system spreads as many busy workers as there are processors over all of them, threads and processes alike.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        Processor[] processors =
        [
            .. Directory.GetDirectories($"{Root}/cpu", "cpu*")
                .Where(static path => int.TryParse(Path.GetFileName(path).AsSpan(3), out _))
                .Select(Processor.Read)
                .OrderBy(static one => one.Number)
        ];
        if (processors.Length == 0)
            throw new LabException($"There is nothing about processors in {Root}/cpu; is /sys mounted?");

        int count = Environment.ProcessorCount;
        int milliseconds = context.Times(170, 60);
        (Isolation Isolation, string Key, List<int> Used, List<double> Moves)[] kinds =
            [(Isolation.Thread, ThreadsShare, [], []), (Isolation.Process, ProcessesShare, [], [])];
        LabRounds rounds = await LabRounds.MeasureAsync(context, Claims, wanted: 3, async _ =>
        {
            var figures = new Dictionary<string, double>();
            foreach ((Isolation isolation, string key, List<int> used, List<double> moves) in kinds)
            {
                await using WorkerPool pool = isolation == Isolation.Thread ? WorkerPool.Threads(count) : WorkerPool.Processes(count);
                int[][] seen = await Task.WhenAll(
                    Enumerable.Range(0, count).Select(_ => pool.RunAsync(() => Watch(milliseconds)))).ConfigureAwait(false);
                int[] distinct = [.. seen.SelectMany(static one => one).Distinct()];
                used.AddRange(distinct);
                moves.Add(seen.Average(static one => one.Zip(one.Skip(1)).Count(static pair => pair.First != pair.Second)));
                figures[key] = (double)distinct.Length / count;
            }

            return figures;
        }).ConfigureAwait(false);
        var table = new LabTable("On which processors busy workers were seen", ["workers", "processors", "moves of each"]);
        foreach ((Isolation isolation, _, List<int> used, List<double> moves) in kinds)
        {
            table.Row(
                new WorkerConfiguration(isolation, count).Name,
                string.Join(", ", used.Distinct().Order()),
                moves.Average().ToString("0.0", CultureInfo.InvariantCulture));
        }

        double least = Math.Min(rounds.Values(ThreadsShare).Max(), rounds.Values(ProcessesShare).Max());
        int cores = processors.Select(static one => (one.Package, one.Core)).Distinct().Count();
        int nodes = Directory.Exists($"{Root}/node") ? Directory.GetDirectories($"{Root}/node", "node*").Length : 1;
        var result = new LabResult(
            $"{Amount.Of(processors.Length, "processor")} on {Amount.Of(cores, "core")} "
            + $"in {Amount.Of(processors.Select(static one => one.Package).Distinct().Count(), "package")} "
            + $"and {Amount.Of(nodes, "NUMA node")}; this process may use {Amount.Of(count, "processor")}, "
            + $"and busy workers used {least:P0} of them.",
            rounds.Decision)
        {
            Values = { ["processors"] = processors.Length, ["cores"] = cores, ["nodes"] = nodes, ["usable"] = count },
        };
        result.Text.AddRange(Draw(processors));
        result.Tables.Add(table);
        return result;
    }

    /// <summary>The processor on which this thread runs, sampled at intervals.</summary>
    private static int[] Watch(int milliseconds)
    {
        var seen = new List<int>();
        long end = Environment.TickCount64 + milliseconds;
        while (Environment.TickCount64 < end)
        {
            seen.Add(Libc.GetProcessor());
            Thread.SpinWait(20_000);
        }

        return [.. seen];
    }

    private static IEnumerable<string> Draw(Processor[] processors)
    {
        foreach (IGrouping<int, Processor> package in processors.GroupBy(static one => one.Package))
        {
            yield return $"package {package.Key}";
            foreach (IGrouping<string, Processor> shared in package.GroupBy(static one => one.LastCache))
            {
                yield return $"└ {(shared.Key.Length > 0 ? shared.First().Caches[^1] : "no shared cache")}";
                foreach (IGrouping<int, Processor> core in shared.GroupBy(static one => one.Core))
                {
                    yield return $"  └ core {core.Key}: {string.Join(" + ", core.Select(static one => $"cpu{one.Number}"))}  "
                        + $"{string.Join(", ", core.First().Caches.SkipLast(1))}";
                }
            }
        }
    }

    /// <param name="Number">Linux's number of the processor.</param>
    /// <param name="Package">The number of the package (socket).</param>
    /// <param name="Core">The number of the core in its package; processors that share a core are hyper-threads.</param>
    /// <param name="Caches">The caches, each with level, kind and size, the nearest first.</param>
    /// <param name="LastCache">The processors that share the last cache.</param>
    private sealed record Processor(int Number, int Package, int Core, string[] Caches, string LastCache)
    {
        internal static Processor Read(string folder)
        {
            string[] caches = Directory.Exists($"{folder}/cache")
                ? [.. Directory.GetDirectories($"{folder}/cache", "index*").Order(StringComparer.Ordinal)]
                : [];
            return new Processor(
                int.Parse(Path.GetFileName(folder).AsSpan(3), CultureInfo.InvariantCulture),
                Parse(folder, "topology/physical_package_id"),
                Parse(folder, "topology/core_id"),
                [.. caches.Select(static cache => $"L{Text(cache, "level")} {Text(cache, "type")} {Text(cache, "size")}")],
                caches.Length > 0 ? Text(caches[^1], "shared_cpu_list") : "");
        }

        private static int Parse(string folder, string file) =>
            int.TryParse(Text(folder, file), CultureInfo.InvariantCulture, out int number) ? number : 0;

        private static string Text(string folder, string file) =>
            File.Exists($"{folder}/{file}") ? File.ReadAllText($"{folder}/{file}").Trim() : "";
    }
}
