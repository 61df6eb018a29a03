namespace Tandem.Compare;

/// <summary>The options of a comparison.</summary>
public sealed class ComparisonOptions
{
    /// <summary>The numbers of concurrent items in the configurations that are compared.</summary>
    /// <value>
    /// Numbers between 1 and 1024. The default is <see langword="null"/>: 1, 2, 4 … up to twice the processors, and up to eight times the
    /// processors for work that waits more than it computes.
    /// </value>
    public IReadOnlyList<int>? WorkerCounts { get; set; }

    /// <summary>How often each configuration is measured. In each round, all configurations are measured in turn.</summary>
    /// <value>Between 2 and 100. The default is 5. With fewer than 3 rounds, nearly everything is a tie.</value>
    public int Repeats { get; set; } = 5;

    /// <summary>
    /// How long all measurements may take together. The number of items per run follows from it. If items take long, the comparison takes
    /// longer, because at least two rounds are made.
    /// </summary>
    /// <value>A positive time of at most a day. The default is 90 seconds.</value>
    public TimeSpan Budget { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>A difference below this share is a tie, however certain it is.</summary>
    /// <value>At least 0 and below 1. The default is 0.05: five percent.</value>
    public double MinDifference { get; set; } = 0.05;

    /// <summary>Whether a worker of each configuration is killed while it works, in a separate run, to count what is lost.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool KillWorker { get; set; }

    /// <summary>The number of items of each configuration that are kept for <see cref="ConfigurationResult.Timeline"/>.</summary>
    /// <value>A number between 0 and 100,000. The default is 240.</value>
    public int MaxTimelineItems { get; set; } = 240;

    /// <summary>Receives progress reports.</summary>
    /// <value>The default is <see langword="null"/>: nothing is reported.</value>
    public IProgress<ComparisonProgress>? Progress { get; set; }

    /// <summary>How long an item may run before the progress reports that the comparison waits for it.</summary>
    internal TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Notes for readers of the figures.</summary>
    internal List<string> Notes { get; } = [];

    /// <summary>Environment variables of the processes in which work is measured, in addition to this process's own.</summary>
    internal Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>Another program in whose process the work is measured; null for this program.</summary>
    internal Tandem.Launch.LaunchPlan? Plan { get; set; }

    internal void Validate()
    {
        Option.Check(
            WorkerCounts is null || (WorkerCounts.Count > 0 && WorkerCounts.All(static count => count is >= 1 and <= 1024)),
            nameof(ComparisonOptions),
            nameof(WorkerCounts),
            WorkerCounts is null ? "" : string.Join(',', WorkerCounts),
            "numbers between 1 and 1024");
        Option.Check(Repeats is >= 2 and <= 100, nameof(ComparisonOptions), nameof(Repeats), Repeats, "between 2 and 100");
        Option.Check(
            Budget > TimeSpan.Zero && Budget <= TimeSpan.FromDays(1),
            nameof(ComparisonOptions),
            nameof(Budget),
            Budget,
            "positive, at most a day");
        Option.Check(
            MinDifference is >= 0 and < 1, nameof(ComparisonOptions), nameof(MinDifference), MinDifference, "at least 0 and below 1");
        Option.Check(
            MaxTimelineItems is >= 0 and <= 100_000,
            nameof(ComparisonOptions),
            nameof(MaxTimelineItems),
            MaxTimelineItems,
            "between 0 and 100000");
    }
}
