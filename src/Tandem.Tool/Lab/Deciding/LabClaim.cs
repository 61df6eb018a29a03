using Tandem.Compare;

namespace Tandem.Tool.Lab.Deciding;

/// <summary>One part of what people say, as something that rounds can decide.</summary>
/// <param name="Text">What is claimed, in a few words.</param>
internal abstract record LabClaim(string Text)
{
    /// <summary>Whether other programs can change the outcome: then only rounds count that they did not disturb.</summary>
    internal bool NeedsQuiet { get; init; } = true;

    /// <summary>How many rounds are needed at least.</summary>
    protected virtual int FewestRounds => 3;

    /// <summary>A figure that cannot be, such as a time of zero, comes of noise: its round does not count.</summary>
    protected abstract bool IsPlausible(LabRound round);

    /// <summary>The figures that it is about.</summary>
    protected abstract IReadOnlyList<string> Figures { get; }

    /// <summary>Decides by rounds that count.</summary>
    protected abstract LabFinding Decide(IReadOnlyList<LabRound> rounds);

    /// <summary>What also a disturbed round proves; null for nothing.</summary>
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
            reasons.Add($"{Amount.Of(quiet.Length - usable.Length, "round")} gave figures that cannot be");
        if (reasons.Count == 0)
            reasons.Add($"there {(measured.Length == 1 ? "was" : "were")} only {Amount.Of(measured.Length, "round")}");

        return Unclear(string.Join("; ", reasons)) with { IsOthersFault = disturbed.Length > 0 && reasons.Count == 1 };
    }

    protected LabFinding Is(bool holds, string why) => new(Text, holds ? LabVerdict.Holds : LabVerdict.DoesNotHold, why);

    protected LabFinding Unclear(string why) => new(Text, LabVerdict.TooBusy, why);
}
