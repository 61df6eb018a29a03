namespace Tandem.Compare;

/// <summary>The figures of one configuration. Unless stated otherwise, a figure is the median of all runs.</summary>
public sealed class ConfigurationResult
{
    internal ConfigurationResult()
    {
    }

    /// <summary>The configuration.</summary>
    public required WorkerConfiguration Configuration { get; init; }

    /// <summary>Why it could not be measured; null if it could.</summary>
    public string? Failure { get; init; }

    /// <summary>Items per second.</summary>
    public double Throughput { get; init; }

    /// <summary>Items per second in each run.</summary>
    public IReadOnlyList<double> ThroughputByRound { get; init; } = [];

    /// <summary>
    /// Half of the 95% confidence interval of the mean throughput, as a share of the mean: how much the machine influences the figure. It
    /// is not a number (NaN) for a single run.
    /// </summary>
    public double Noise { get; init; }

    /// <summary>Throughput as a multiple of one thread's, compared round by round; 0 if one thread was not measured.</summary>
    public double SpeedUp { get; init; }

    /// <summary>The time that items took in their worker, over all runs.</summary>
    public LatencyFigures Latency { get; init; } = new();

    /// <summary>Processor time of all processes per item.</summary>
    public TimeSpan ProcessorTimePerItem { get; init; }

    /// <summary>Memory of all processes.</summary>
    public MemoryFigures Memory { get; init; } = new();

    /// <summary>The cost of garbage collection in a run.</summary>
    public CollectionFigures Collections { get; init; } = new();

    /// <summary>Context switches in a run because a thread had to wait.</summary>
    public long VoluntarySwitches { get; init; }

    /// <summary>Context switches in a run because a thread's time slice was over, or another thread was preferred.</summary>
    public long InvoluntarySwitches { get; init; }

    /// <summary>The time from the creation of the pool until each of its workers has run something.</summary>
    public TimeSpan StartTime { get; init; }

    /// <summary>The duration of a run, without start and warm-up.</summary>
    public TimeSpan RunTime { get; init; }

    /// <summary>Items that failed, over all runs.</summary>
    public long FailedItems { get; init; }

    /// <summary>The messages of the first failed items.</summary>
    public IReadOnlyList<string> FirstErrors { get; init; } = [];

    /// <summary>What was lost when a worker was killed; null if none was killed.</summary>
    public BlastRadius? BlastRadius { get; init; }

    /// <summary>Which worker ran which item, and when: the first items of the last run.</summary>
    public IReadOnlyList<TimelineItem> Timeline { get; init; } = [];

    /// <summary>The figures of each run, by which differences between configurations are tested.</summary>
    internal IReadOnlyList<RoundFigures> Rounds { get; init; } = [];
}
