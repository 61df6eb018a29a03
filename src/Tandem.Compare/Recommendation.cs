namespace Tandem.Compare;

/// <summary>The recommended configuration, and the reasons.</summary>
public sealed class Recommendation
{
    internal Recommendation()
    {
    }

    /// <summary>Whether the models differ by less than the noise, so that the figures do not favour one.</summary>
    public required bool IsTie { get; init; }

    /// <summary>The best models: one, or several that tie.</summary>
    public required IReadOnlyList<WorkerModel> Best { get; init; }

    /// <summary>The recommended configuration: of those that tie, the one with the lowest cost.</summary>
    public required WorkerConfiguration Configuration { get; init; }

    /// <summary>The result in a sentence.</summary>
    public required string Headline { get; init; }

    /// <summary>The reasons: sentences, each with its figures.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>C# code that creates such a pool.</summary>
    public required string Code { get; init; }
}
