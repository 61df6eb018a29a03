namespace Tandem.Tool.Lab.Deciding;

/// <summary>The measurements of one round of an experiment.</summary>
/// <param name="Others">The share of processor time that other programs used meanwhile, from 0 to 1; null if unknown.</param>
/// <param name="Figures">The figures, by name. A round need not have all figures.</param>
internal sealed record LabRound(double? Others, IReadOnlyDictionary<string, double> Figures)
{
    // An idle system itself uses a few percent; one busy loop on eight processors is more than this.
    private const double MostOthers = 0.1;

    /// <summary>Whether other programs used so much processor time that measured times are meaningless.</summary>
    internal bool IsDisturbed => Others > MostOthers;

    internal double? this[string figure] => Figures.TryGetValue(figure, out double value) ? value : null;
}
