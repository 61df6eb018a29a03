using System.Globalization;
using Tandem.Compare;
using Tandem.Compare.Statistics;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>How much others disturbed an experiment.</summary>
/// <param name="Rounds">How many rounds there were.</param>
/// <param name="Disturbed">In how many of them other programs took so much that times mean nothing.</param>
/// <param name="Others">The share of the processors that others took in the median round, from 0 to 1; null when nobody knows.</param>
/// <param name="Most">The same of the worst round.</param>
internal sealed record LabNoise(int Rounds, int Disturbed, double? Others, double? Most)
{
    internal static LabNoise Of(IReadOnlyCollection<LabRound> rounds)
    {
        double[] others = [.. rounds.Select(static round => round.Others).OfType<double>()];
        return new LabNoise(rounds.Count, rounds.Count(static round => round.IsDisturbed), others.Length > 0 ? Series.Median(others) : null, others.Length > 0 ? others.Max() : null);
    }

    /// <summary>For people.</summary>
    public override string ToString() => Others is { } median && Most is { } most
        ? string.Create(CultureInfo.InvariantCulture, $"other programs took {median * 100:0} % of the processors, at most {most * 100:0} %; they disturbed {Disturbed} of {Amount.Of(Rounds, "round")}")
        : $"what other programs took of the processors is not known; {Amount.Of(Rounds, "round")}";
}
