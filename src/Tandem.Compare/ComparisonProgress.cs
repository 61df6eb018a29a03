namespace Tandem.Compare;

/// <summary>The progress of a comparison.</summary>
/// <param name="step">The current step.</param>
/// <param name="done">The number of completed runs.</param>
/// <param name="total">The total number of runs; 0 while it is unknown.</param>
public readonly struct ComparisonProgress(string step, int done, int total)
{
    /// <summary>The current step.</summary>
    public string Step { get; } = step;

    /// <summary>The number of completed runs.</summary>
    public int Done { get; } = done;

    /// <summary>The total number of runs; 0 while it is unknown.</summary>
    public int Total { get; } = total;

    /// <summary>Whether the step should stay visible.</summary>
    internal bool IsNote { get; init; }
}
