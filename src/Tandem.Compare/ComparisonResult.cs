namespace Tandem.Compare;

/// <summary>The result of a comparison.</summary>
public sealed class ComparisonResult
{
    internal ComparisonResult()
    {
    }

    /// <summary>The machine on which it was measured.</summary>
    public required string Machine { get; init; }

    /// <summary>The number of items per run.</summary>
    public required int ItemsPerRun { get; init; }

    /// <summary>The number of items that were given.</summary>
    public required int ItemsGiven { get; init; }

    /// <summary>The number of rounds, in each of which every configuration was measured.</summary>
    public required int Rounds { get; init; }

    /// <summary>The mean time of an item on one thread.</summary>
    public required TimeSpan MeanItemTime { get; init; }

    /// <summary>
    /// The share of that time in which an item computes, from 0 to 1; the rest of the time it waits. Waiting for a busy processor does not
    /// count.
    /// </summary>
    public required double ComputingShare { get; init; }

    /// <summary>The duration of the whole comparison.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The configurations.</summary>
    public required IReadOnlyList<ConfigurationResult> Configurations { get; init; }

    /// <summary>The recommendation.</summary>
    public required Recommendation Recommendation { get; init; }

    /// <summary>Notes for readers of the figures.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
