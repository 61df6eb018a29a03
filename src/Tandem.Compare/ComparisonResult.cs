namespace Tandem.Compare;

/// <summary>What a comparison has found.</summary>
public sealed class ComparisonResult
{
    internal ComparisonResult()
    {
    }

    /// <summary>What it was measured on.</summary>
    public required string Machine { get; init; }

    /// <summary>How many items each run had.</summary>
    public required int ItemsPerRun { get; init; }

    /// <summary>How many there were to choose from.</summary>
    public required int ItemsGiven { get; init; }

    /// <summary>How often each configuration was measured.</summary>
    public required int Rounds { get; init; }

    /// <summary>How long an item takes on one thread.</summary>
    public required TimeSpan MeanItemTime { get; init; }

    /// <summary>How much of that it computes, from 0 to 1; the rest it waits. Waiting for a busy processor is not counted.</summary>
    public required double ComputingShare { get; init; }

    /// <summary>How long everything took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The configurations.</summary>
    public required IReadOnlyList<ConfigurationResult> Configurations { get; init; }

    /// <summary>Which to choose.</summary>
    public required Recommendation Recommendation { get; init; }

    /// <summary>What the reader of the figures should know.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>Which configuration to choose, and why.</summary>
public sealed class Recommendation
{
    internal Recommendation()
    {
    }

    /// <summary>Whether the models differ by less than the noise, so that the figures give no reason to prefer one.</summary>
    public required bool IsTie { get; init; }

    /// <summary>The models that nothing else beats: one, or those that tie.</summary>
    public required IReadOnlyList<WorkerModel> Best { get; init; }

    /// <summary>The configuration to use: of those that tie, the one that costs least.</summary>
    public required WorkerConfiguration Configuration { get; init; }

    /// <summary>The result in a sentence.</summary>
    public required string Headline { get; init; }

    /// <summary>Sentences, each with its figures.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>The options to paste, as C#.</summary>
    public required string Code { get; init; }
}
