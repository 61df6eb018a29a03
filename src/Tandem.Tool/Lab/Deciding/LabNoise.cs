using System.Globalization;
using Tandem.Compare;
using Tandem.Compare.Statistics;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>How much other programs disturbed an experiment.</summary>
/// <param name="Rounds">The number of rounds.</param>
/// <param name="Disturbed">
/// The number of rounds in which other programs used so much processor time that measured times are meaningless.
/// </param>
/// <param name="Others">The share of processor time that other programs used in the median round, from 0 to 1; null if unknown.</param>
/// <param name="Most">The same for the worst round.</param>
/// <param name="Disturbing">The share that other programs used in the median of the disturbed rounds; 0 if there are none.</param>
internal sealed record LabNoise(int Rounds, int Disturbed, double? Others, double? Most, double Disturbing)
{
    /// <summary>Why disturbed rounds do not count.</summary>
    internal string Reason => string.Create(
        CultureInfo.InvariantCulture,
        $"other programs took {Disturbing * 100:0} % of the processors in {Disturbed} of {Amount.Of(Rounds, "round")}");

    internal static LabNoise Of(IReadOnlyCollection<LabRound> rounds)
    {
        double[] others = [.. rounds.Select(static round => round.Others).OfType<double>()];
        double[] disturbing = [.. rounds.Where(static round => round.IsDisturbed).Select(static round => round.Others!.Value)];
        (double? median, double? most) = others.Length > 0 ? (Series.Median(others), others.Max()) : ((double?)null, (double?)null);
        return new LabNoise(rounds.Count, disturbing.Length, median, most, Series.Median(disturbing));
    }

    /// <summary>A description for users.</summary>
    public override string ToString() => Others is { } median && Most is { } most
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"other programs took {median * 100:0} % of the processors, at most {most * 100:0} %; "
            + $"they disturbed {Disturbed} of {Amount.Of(Rounds, "round")}")
        : $"what other programs took of the processors is not known; {Amount.Of(Rounds, "round")}";
}
