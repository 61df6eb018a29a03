using Tandem.Compare;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>One part of a common claim, which the rounds of an experiment can decide.</summary>
/// <param name="Text">The claim, in a few words.</param>
internal abstract record LabClaim(string Text)
{
    /// <summary>Whether other programs can change the result; then only undisturbed rounds count.</summary>
    internal bool NeedsQuiet { get; init; } = true;

    /// <summary>The minimum number of rounds.</summary>
    protected virtual int FewestRounds => 3;

    /// <summary>
    /// Whether a round's figures are possible. An impossible figure, such as a time of zero, is noise, and its round does not count.
    /// </summary>
    protected abstract bool IsPlausible(LabRound round);

    /// <summary>The figures that the claim is about.</summary>
    protected abstract IReadOnlyList<string> Figures { get; }

    /// <summary>Decides the claim by the rounds that count.</summary>
    protected abstract LabFinding Decide(IReadOnlyList<LabRound> rounds);

    /// <summary>Decides the claim if even a disturbed round can prove it; null if it cannot.</summary>
    protected virtual LabFinding? DecideByAny(IReadOnlyList<LabRound> rounds) => null;

    internal LabFinding Decide(IEnumerable<LabRound> all)
    {
        LabRound[] measured = [.. all.Where(round => Figures.All(round.Figures.ContainsKey))];
        if (DecideByAny(measured) is { } proved)
            return proved;

        LabRound[] disturbed = [.. measured.Where(round => NeedsQuiet && round.IsDisturbed)];
        LabRound[] quiet = [.. measured.Except(disturbed, ReferenceEqualityComparer.Instance).Cast<LabRound>()];
        LabRound[] usable = [.. quiet.Where(IsPlausible)];
        if (usable.Length >= FewestRounds)
            return Decide((IReadOnlyList<LabRound>)usable);

        var reasons = new List<string>();
        if (disturbed.Length > 0)
        {
            reasons.Add(LabNoise.Of(measured).Reason);
        }

        if (usable.Length < quiet.Length)
            reasons.Add($"{Amount.Of(quiet.Length - usable.Length, "round")} gave impossible figures");
        if (reasons.Count == 0)
            reasons.Add($"there {(measured.Length == 1 ? "was" : "were")} only {Amount.Of(measured.Length, "round")}");

        return Unclear(string.Join("; ", reasons)) with { IsOthersFault = disturbed.Length > 0 && reasons.Count == 1 };
    }

    protected LabFinding Is(bool holds, string why) => new(Text, holds ? LabVerdict.Holds : LabVerdict.DoesNotHold, why);

    protected LabFinding Unclear(string why) => new(Text, LabVerdict.TooBusy, why);
}
