namespace Tandem.Compare;

/// <summary>The figures of one configuration. Where not said otherwise, a figure is the median of all runs.</summary>
public sealed class ConfigurationResult
{
    internal ConfigurationResult()
    {
    }

    /// <summary>What was measured.</summary>
    public required WorkerConfiguration Configuration { get; init; }

    /// <summary>Why it could not be measured; null where it was.</summary>
    public string? Failure { get; init; }

    /// <summary>Items per second.</summary>
    public double Throughput { get; init; }

    /// <summary>Items per second, run by run.</summary>
    public IReadOnlyList<double> ThroughputByRound { get; init; } = [];

    /// <summary>
    /// Half of the 95% confidence interval of the mean throughput, as a share of it: what the machine does to the figure. Not a number for one run.
    /// </summary>
    public double Noise { get; init; }

    /// <summary>Throughput compared with one thread, round by round; 0 where that was not measured.</summary>
    public double SpeedUp { get; init; }

    /// <summary>How long items took in their worker, over all runs.</summary>
    public LatencyFigures Latency { get; init; } = new();

    /// <summary>Processor time of all processes, for one item.</summary>
    public TimeSpan ProcessorTimePerItem { get; init; }

    /// <summary>Memory of all processes.</summary>
    public MemoryFigures Memory { get; init; } = new();

    /// <summary>What garbage collection cost in a run.</summary>
    public CollectionFigures Collections { get; init; } = new();

    /// <summary>Context switches in a run because a thread had to wait.</summary>
    public long VoluntarySwitches { get; init; }

    /// <summary>Context switches in a run because a thread's time was over or another was preferred.</summary>
    public long InvoluntarySwitches { get; init; }

    /// <summary>From making the pool until each of its workers has run something.</summary>
    public TimeSpan StartTime { get; init; }

    /// <summary>How long a run took, without start and warm-up.</summary>
    public TimeSpan RunTime { get; init; }

    /// <summary>Items that failed, over all runs.</summary>
    public long FailedItems { get; init; }

    /// <summary>What the first of them said.</summary>
    public IReadOnlyList<string> FirstErrors { get; init; } = [];

    /// <summary>What killing a worker cost; null where none was killed.</summary>
    public BlastRadius? BlastRadius { get; init; }

    /// <summary>Which worker ran what and when: the first items of the last run.</summary>
    public IReadOnlyList<TimelineItem> Timeline { get; init; } = [];

    /// <summary>The figures run by run, where these say whether a difference is one.</summary>
    internal IReadOnlyList<RoundFigures> Rounds { get; init; } = [];
}

/// <summary>How long items took in their worker. Waiting for a worker is not in it: the pool's queue is the same in all models.</summary>
public sealed class LatencyFigures
{
    internal LatencyFigures()
    {
    }

    /// <summary>Half of the items took no longer.</summary>
    public TimeSpan Median { get; init; }

    /// <summary>Ninety of a hundred took no longer.</summary>
    public TimeSpan Percentile90 { get; init; }

    /// <summary>Ninety-nine of a hundred took no longer.</summary>
    public TimeSpan Percentile99 { get; init; }

    /// <summary>The longest.</summary>
    public TimeSpan Maximum { get; init; }

    /// <summary>How many items that is.</summary>
    public long Count { get; init; }
}

/// <summary>Memory, in bytes, of the process with the pool and its worker processes together.</summary>
public sealed class MemoryFigures
{
    internal MemoryFigures()
    {
    }

    /// <summary>The peaks of resident memory, added up. What processes share, such as the runtime's own code, counts in each.</summary>
    public long Peak { get; init; }

    /// <summary>What the processes hold for themselves alone, when that was most.</summary>
    public long Private { get; init; }
}

/// <summary>What garbage collection costs.</summary>
public sealed class CollectionFigures
{
    internal CollectionFigures()
    {
    }

    /// <summary>How long garbage collection stopped processes, added up.</summary>
    public TimeSpan PauseTime { get; init; }

    /// <summary>How much of their time workers were stopped for it, from 0 to 1.</summary>
    public double PauseShare { get; init; }

    /// <summary>How many collections there were.</summary>
    public long Count { get; init; }

    /// <summary>Bytes that were allocated.</summary>
    public long AllocatedBytes { get; init; }
}

/// <summary>What was lost when a worker was killed with SIGKILL while it worked: what a native crash or the out-of-memory killer does.</summary>
public sealed class BlastRadius
{
    internal BlastRadius()
    {
    }

    /// <summary>Whether the process with the pool, and so the rest of the program, went with the worker.</summary>
    public bool EndsProgram { get; init; }

    /// <summary>Items of the run.</summary>
    public long Items { get; init; }

    /// <summary>Items that were running, and failed.</summary>
    public long RunningItemsLost { get; init; }

    /// <summary>Items whose results were lost although they had been done.</summary>
    public long FinishedItemsLost { get; init; }

    /// <summary>Items that never started.</summary>
    public long ItemsNeverRun { get; init; }

    /// <summary>From the kill until a new worker was ready; null where nothing was left to replace it.</summary>
    public TimeSpan? Recovery { get; init; }

    /// <summary>The same in words.</summary>
    public string Description { get; init; } = "";
}

/// <summary>One item as it was run.</summary>
public sealed class TimelineItem
{
    internal TimelineItem()
    {
    }

    /// <summary>Its number in the run.</summary>
    public int Item { get; init; }

    /// <summary>The process that ran it.</summary>
    public int ProcessId { get; init; }

    /// <summary>The thread that began it; numbered from 0 over all workers.</summary>
    public int Slot { get; init; }

    /// <summary>When it began, from the start of the run.</summary>
    public TimeSpan Start { get; init; }

    /// <summary>When it ended.</summary>
    public TimeSpan End { get; init; }
}
