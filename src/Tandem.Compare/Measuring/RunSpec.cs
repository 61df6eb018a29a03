namespace Tandem.Compare.Measuring;

/// <summary>What one run is to do.</summary>
/// <param name="Configuration">The pool.</param>
/// <param name="Items">How many items; the given ones are taken again from the start when there are fewer.</param>
/// <param name="WarmUp">For how long items are run before, so that their code is compiled.</param>
/// <param name="TimelineItems">How many items are told one by one.</param>
internal sealed record RunSpec(WorkerConfiguration Configuration, int Items, TimeSpan WarmUp, int TimelineItems);

/// <summary>What a first, short run on one thread says of the work.</summary>
/// <param name="Items">How many items it had.</param>
/// <param name="PerItem">How long one takes.</param>
/// <param name="ComputingShare">How much of that is processor time.</param>
/// <param name="Overhead">What a run takes beside its items: a process, a pool.</param>
/// <param name="Failed">Items that failed.</param>
/// <param name="Errors">What the first of them said.</param>
internal sealed record Calibration(int Items, TimeSpan PerItem, double ComputingShare, TimeSpan Overhead, int Failed, string[] Errors);

/// <summary>The figures of one run.</summary>
internal sealed record RunReport
{
    internal required TimeSpan StartTime { get; init; }

    internal required TimeSpan Elapsed { get; init; }

    internal required int Done { get; init; }

    internal required int Failed { get; init; }

    internal required string[] Errors { get; init; }

    internal required ProcessUsage[] Usages { get; init; }

    internal required double PauseShare { get; init; }

    internal required long PeakMemory { get; init; }

    internal required long PrivateMemory { get; init; }

    /// <summary>Nanoseconds, and how many items took them.</summary>
    internal required (long Value, long Count)[] Latencies { get; init; }

    internal required ItemMark[] Timeline { get; init; }

    internal required int[] TimelineNumbers { get; init; }

    /// <summary>The clock when the run began, in the unit of the marks.</summary>
    internal required long Origin { get; init; }
}
