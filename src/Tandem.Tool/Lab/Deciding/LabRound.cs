namespace Tandem.Tool.Lab.Deciding;

/// <summary>What one round of an experiment measured.</summary>
/// <param name="Others">The share of the processors that other programs took meanwhile, from 0 to 1; null when nobody knows.</param>
/// <param name="Figures">By name. A round need not have all.</param>
internal sealed record LabRound(double? Others, IReadOnlyDictionary<string, double> Figures)
{
    // An idle system's own work is a few percent; one busy loop on eight processors is more than this.
    private const double MostOthers = 0.1;

    /// <summary>Whether others took so much that a time means nothing.</summary>
    internal bool IsDisturbed => Others > MostOthers;

    internal double? this[string figure] => Figures.TryGetValue(figure, out double value) ? value : null;
}
