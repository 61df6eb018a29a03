using System.Globalization;
using Tandem.Compare.Statistics;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>Claims that one figure is at least a multiple of another one. The two are compared round by round.</summary>
/// <param name="Text">The claim.</param>
/// <param name="Figure">The name of the first figure.</param>
/// <param name="Of">The name of the second figure.</param>
/// <param name="AtLeast">The minimum ratio.</param>
internal sealed record RatioClaim(string Text, string Figure, string Of, double AtLeast) : LabClaim(Text)
{
    protected override IReadOnlyList<string> Figures => [Figure, Of];

    protected override bool IsPlausible(LabRound round) => IsMeasured(round[Figure]) && IsMeasured(round[Of]);

    protected override LabFinding Decide(IReadOnlyList<LabRound> rounds)
    {
        Ratio ratio = Ratio.Of([.. rounds.Select(round => round[Figure]!.Value)], [.. rounds.Select(round => round[Of]!.Value)]);
        string interval = string.Create(CultureInfo.InvariantCulture, $"{Write(ratio.Low)} × to {Write(ratio.High)} ×");
        return ratio.IsAtLeast(AtLeast) switch
        {
            Certainty.Unclear => Unclear($"the rounds differ too much: {interval}, and {Write(AtLeast)} × decides"),
            var certainty => Is(
                certainty == Certainty.Yes, $"{Write(ratio.Value)} × (95 % sure: {interval}), and {Write(AtLeast)} × decides"),
        };
    }

    /// <summary>Whether a value is possible: a time or a size cannot be zero or negative.</summary>
    private static bool IsMeasured(double? value) => value is > 0 and < double.PositiveInfinity;

    private static string Write(double value) => value.ToString(
        value < 0.1 ? "G2" : value < 10 ? "0.00" : value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture);
}
