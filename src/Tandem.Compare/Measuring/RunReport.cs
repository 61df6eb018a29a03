namespace Tandem.Compare.Measuring;

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

    /// <summary>Times in nanoseconds, each with the number of items that took it.</summary>
    internal required (long Value, long Count)[] Latencies { get; init; }

    internal required ItemMark[] Timeline { get; init; }

    internal required int[] TimelineNumbers { get; init; }

    /// <summary>The clock at the start of the run, in the unit of the marks.</summary>
    internal required long Origin { get; init; }
}
