using System.Globalization;
using Tandem.Compare;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>
/// Claims that something happens. One observation is enough, however busy the machine is; no observation proves something only on a quiet
/// machine.
/// </summary>
/// <param name="Text">The claim.</param>
/// <param name="Figure">The name of the figure that shows how much was observed.</param>
/// <param name="AtLeast">How much counts as an observation.</param>
internal sealed record SeenClaim(string Text, string Figure, double AtLeast) : LabClaim(Text)
{
    protected override int FewestRounds => NeedsQuiet ? base.FewestRounds : 1;

    protected override IReadOnlyList<string> Figures => [Figure];

    protected override bool IsPlausible(LabRound round) => true;

    protected override LabFinding? DecideByAny(IReadOnlyList<LabRound> rounds)
    {
        int times = rounds.Count(round => round[Figure] >= AtLeast);
        return times == 0
            ? null
            : Is(true, string.Create(CultureInfo.InvariantCulture, $"seen in {times} of {Amount.Of(rounds.Count, "round")}"));
    }

    protected override LabFinding Decide(IReadOnlyList<LabRound> rounds) =>
        Is(false, $"seen in none of {Amount.Of(rounds.Count, "round")}");
}
