using System.Globalization;
using Tandem.Compare;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>Claims that a figure has a certain value each time. The figure is counted, not timed, so one round can be enough.</summary>
/// <param name="Text">The claim.</param>
/// <param name="Figure">The name of the figure.</param>
/// <param name="Value">The expected value.</param>
internal sealed record SameClaim(string Text, string Figure, double Value) : LabClaim(Text)
{
    protected override int FewestRounds => 1;

    protected override IReadOnlyList<string> Figures => [Figure];

    protected override bool IsPlausible(LabRound round) => true;

    protected override LabFinding Decide(IReadOnlyList<LabRound> rounds)
    {
        int times = rounds.Count(round => round[Figure] == Value);
        string why = string.Create(CultureInfo.InvariantCulture, $"so in {times} of {Amount.Of(rounds.Count, "round")}");
        return times == rounds.Count ? Is(true, why) : times == 0 ? Is(false, why) : Unclear(why);
    }
}
