using Tandem.Compare;

namespace Tandem.Tool.Tests.Infrastructure;

/// <summary>Figures as they could have been measured.</summary>
internal static class Results
{
    internal static ConfigurationResult Threads(int workers, params double[] throughputs) => Of(new WorkerConfiguration(Isolation.Thread, workers), throughputs);

    internal static ConfigurationResult Processes(int workers, params double[] throughputs) => Of(new WorkerConfiguration(Isolation.Process, workers), throughputs);

    internal static ConfigurationResult Of(WorkerConfiguration configuration, double[] throughputs, double pauseShare = 0, string? failure = null, double[]? processor = null, BlastRadius? radius = null) => new()
    {
        Configuration = configuration,
        Failure = failure,
        Throughput = throughputs.Length == 0 ? 0 : throughputs[throughputs.Length / 2],
        ThroughputByRound = throughputs,
        Noise = 0.02,
        SpeedUp = 1,
        Latency = new LatencyFigures
        {
            Median = TimeSpan.FromMilliseconds(1),
            Percentile90 = TimeSpan.FromMilliseconds(2),
            Percentile99 = TimeSpan.FromMilliseconds(3),
            Maximum = TimeSpan.FromMilliseconds(9),
            Count = 100,
        },
        ProcessorTimePerItem = TimeSpan.FromSeconds(processor is null ? 0.001 : processor[processor.Length / 2]),
        BlastRadius = radius,
        Memory = new MemoryFigures { Peak = 100 << 20, Private = 40 << 20 },
        Collections = new CollectionFigures { PauseShare = pauseShare, Count = 12 },
        StartTime = TimeSpan.FromMilliseconds(3),
        Rounds =
        [
            .. throughputs.Select((_, round) => new RoundFigures
            {
                Processor = processor is null ? 0.001 : processor[round],
                Percentile99 = 0.003,
                Switches = 1000,
                PrivateMemory = 40 << 20,
                PauseShare = pauseShare,
                StartTime = 0.003,
            }),
        ],
        Timeline = [new TimelineItem { Item = 0, ProcessId = 1, Slot = 0, Start = TimeSpan.Zero, End = TimeSpan.FromMilliseconds(1) }],
    };

    internal static ComparisonResult Whole(Recommendation recommendation, params ConfigurationResult[] configurations) => new()
    {
        Machine = "a machine",
        ItemsPerRun = 100,
        ItemsGiven = 100,
        Rounds = 5,
        MeanItemTime = TimeSpan.FromMilliseconds(1),
        ComputingShare = 1,
        Elapsed = TimeSpan.FromSeconds(1),
        Configurations = configurations,
        Recommendation = recommendation,
        Notes = [],
    };
}
