using System.Globalization;
using Tandem.Compare;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>Something happens. Once is enough, however busy the machine is; that it was never seen says something on a quiet one only.</summary>
/// <param name="Text">What is claimed.</param>
/// <param name="Figure">How much of it was seen.</param>
/// <param name="AtLeast">How much of it counts.</param>
internal sealed record SeenClaim(string Text, string Figure, double AtLeast) : LabClaim(Text)
{
    protected override int FewestRounds => NeedsQuiet ? base.FewestRounds : 1;

    protected override IReadOnlyList<string> Figures => [Figure];

    protected override bool IsPlausible(LabRound round) => true;

    protected override LabFinding? DecideByAny(IReadOnlyList<LabRound> rounds)
    {
        int times = rounds.Count(round => round[Figure] >= AtLeast);
        return times == 0 ? null : Is(true, string.Create(CultureInfo.InvariantCulture, $"seen in {times} of {Amount.Of(rounds.Count, "round")}"));
    }

    protected override LabFinding Decide(IReadOnlyList<LabRound> rounds) => Is(false, $"seen in none of {Amount.Of(rounds.Count, "round")}");
}
