using System.Globalization;
using Tandem.Compare;
using Tandem.Compare.Statistics;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>How much others disturbed an experiment.</summary>
/// <param name="Rounds">How many rounds there were.</param>
/// <param name="Disturbed">In how many of them other programs took so much that times mean nothing.</param>
/// <param name="Others">The share of the processors that others took in the median round, from 0 to 1; null when nobody knows.</param>
/// <param name="Most">The same of the worst round.</param>
/// <param name="Disturbing">The share that others took in the median of the rounds that they disturbed; 0 where there are none.</param>
internal sealed record LabNoise(int Rounds, int Disturbed, double? Others, double? Most, double Disturbing)
{
    /// <summary>Why rounds do not count.</summary>
    internal string Reason => string.Create(CultureInfo.InvariantCulture, $"other programs took {Disturbing * 100:0} % of the processors in {Disturbed} of {Amount.Of(Rounds, "round")}");

    internal static LabNoise Of(IReadOnlyCollection<LabRound> rounds)
    {
        double[] others = [.. rounds.Select(static round => round.Others).OfType<double>()];
        double[] disturbing = [.. rounds.Where(static round => round.IsDisturbed).Select(static round => round.Others!.Value)];
        (double? median, double? most) = others.Length > 0 ? (Series.Median(others), others.Max()) : ((double?)null, (double?)null);
        return new LabNoise(rounds.Count, disturbing.Length, median, most, Series.Median(disturbing));
    }

    /// <summary>For people.</summary>
    public override string ToString() => Others is { } median && Most is { } most
        ? string.Create(CultureInfo.InvariantCulture, $"other programs took {median * 100:0} % of the processors, at most {most * 100:0} %; they disturbed {Disturbed} of {Amount.Of(Rounds, "round")}")
        : $"what other programs took of the processors is not known; {Amount.Of(Rounds, "round")}";
}
