using System.Diagnostics;
using HdrHistogram;
using Tandem.Compare.Measuring;
using Tandem.Compare.Statistics;

namespace Tandem.Compare.Running;

/// <summary>The runs of one configuration, and their evaluation.</summary>
internal sealed class Summary(WorkerConfiguration configuration)
{
    private const int ErrorsShown = 3;

    internal WorkerConfiguration Configuration { get; } = configuration;

    internal List<RunReport> Runs { get; } = [];

    internal string? Failure { get; set; }

    internal BlastRadius? BlastRadius { get; set; }

    private IEnumerable<double> Throughputs => Runs.Select(static run => run.Done / run.Elapsed.TotalSeconds);

    internal ConfigurationResult ToResult(Summary? oneThread)
    {
        if (Failure is not null || Runs.Count == 0)
            return new ConfigurationResult { Configuration = Configuration, Failure = Failure ?? "It was not measured." };

        double[] throughputs = [.. Throughputs];
        return new ConfigurationResult
        {
            Configuration = Configuration,
            Throughput = Series.Median(throughputs),
            ThroughputByRound = throughputs,
            Noise = Math.Exp(Ratio.Interval([.. throughputs.Select(static value => Math.Log(value))]).Half) - 1,
            SpeedUp = oneThread is { Failure: null } ? Ratio.Of(throughputs, [.. oneThread.Throughputs]).Value : 0,
            Latency = Latency(Runs),
            ProcessorTimePerItem = Series.Median(Runs.Select(static run =>
                TimeSpan.FromSeconds(Processor(run)))),
            Memory = new MemoryFigures
            {
                Peak = Series.Median(Runs.Select(static run => run.PeakMemory)),
                Private = Series.Median(Runs.Select(static run => run.PrivateMemory)),
            },
            Collections = new CollectionFigures
            {
                PauseTime = Series.Median(
                    Runs.Select(static run => TimeSpan.FromTicks(run.Usages.Sum(static usage => usage.Pauses.Ticks)))),
                PauseShare = Series.Median(Runs.Select(static run => run.PauseShare)),
                Count = Series.Median(Runs.Select(static run => run.Usages.Sum(static usage => usage.Collections))),
                AllocatedBytes = Series.Median(Runs.Select(static run => run.Usages.Sum(static usage => usage.Allocated))),
            },
            VoluntarySwitches = Series.Median(Runs.Select(static run => run.Usages.Sum(static usage => usage.Voluntary))),
            InvoluntarySwitches = Series.Median(Runs.Select(static run => run.Usages.Sum(static usage => usage.Involuntary))),
            StartTime = Series.Median(Runs.Select(static run => run.StartTime)),
            RunTime = Series.Median(Runs.Select(static run => run.Elapsed)),
            FailedItems = Runs.Sum(static run => (long)run.Failed),
            FirstErrors = [.. Runs.SelectMany(static run => run.Errors).Distinct().Take(ErrorsShown)],
            BlastRadius = BlastRadius,
            Timeline = Timeline(Runs[^1]),
            Rounds = [.. Runs.Select(Figures)],
        };
    }

    private static double Processor(RunReport run) =>
        run.Usages.Sum(static usage => usage.ProcessorMicroseconds) / 1e6 / Math.Max(1, run.Done);

    private static RoundFigures Figures(RunReport run) => new()
    {
        Processor = Processor(run),
        Percentile99 = Latency([run]).Percentile99.TotalSeconds,
        Switches = run.Usages.Sum(static usage => (double)(usage.Voluntary + usage.Involuntary)),
        PrivateMemory = run.PrivateMemory,
        PauseShare = run.PauseShare,
        StartTime = run.StartTime.TotalSeconds,
    };

    private static LatencyFigures Latency(IReadOnlyList<RunReport> runs)
    {
        var all = new LongHistogram(TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerDay, 3);
        foreach ((long value, long count) in runs.SelectMany(static run => run.Latencies))
            all.RecordValueWithCount(Math.Min(value, all.HighestTrackableValue), count);

        TimeSpan At(double percentile) => TimeSpan.FromMicroseconds(all.GetValueAtPercentile(percentile) / 1000.0);
        return new LatencyFigures
        {
            Median = At(50),
            Percentile90 = At(90),
            Percentile99 = At(99),
            Maximum = TimeSpan.FromMicroseconds(all.GetMaxValue() / 1000.0),
            Count = all.TotalCount,
        };
    }

    private static TimelineItem[] Timeline(RunReport run)
    {
        var slots = new Dictionary<int, int>();
        var items = new TimelineItem[run.Timeline.Length];
        foreach ((int index, ItemMark mark) in run.Timeline.Index())
        {
            if (!slots.TryGetValue(mark.Slot, out int slot))
                slots.Add(mark.Slot, slot = slots.Count);

            items[index] = new TimelineItem
            {
                Item = run.TimelineNumbers[index],
                ProcessId = mark.ProcessId,
                Slot = slot,
                Start = Stopwatch.GetElapsedTime(run.Origin, mark.Start),
                End = Stopwatch.GetElapsedTime(run.Origin, mark.End),
            };
        }

        return items;
    }
}
