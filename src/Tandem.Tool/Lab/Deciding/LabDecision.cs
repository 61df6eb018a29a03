namespace Tandem.Tool.Lab.Deciding;

/// <summary>
/// The verdict on a claim. This is the only place where verdicts are made, and it is a function of the rounds alone. If one part does not
/// hold, the claim does not hold; otherwise, if one part is undecided, the claim is undecided.
/// </summary>
/// <param name="Verdict">The verdict on the whole claim.</param>
/// <param name="Findings">The findings on each part.</param>
/// <param name="Noise">How much other programs disturbed the experiment.</param>
internal sealed record LabDecision(LabVerdict Verdict, IReadOnlyList<LabFinding> Findings, LabNoise Noise)
{
    /// <summary>Why there is no verdict; null if there is one.</summary>
    internal string? Reason => Verdict != LabVerdict.TooBusy ? null
        : string.Join("; ", Findings.Where(static finding => finding.Verdict == LabVerdict.TooBusy)
            .Select(finding => finding.IsOthersFault ? Noise.Reason : finding.Why).Distinct());

    internal static LabDecision Of(IEnumerable<LabClaim> claims, IReadOnlyCollection<LabRound> rounds)
    {
        LabFinding[] findings = [.. claims.Select(claim => claim.Decide(rounds))];
        bool Any(LabVerdict verdict) => Array.Exists(findings, finding => finding.Verdict == verdict);
        LabVerdict whole = Any(LabVerdict.DoesNotHold) ? LabVerdict.DoesNotHold
            : Any(LabVerdict.TooBusy) ? LabVerdict.TooBusy
            : LabVerdict.Holds;
        return new LabDecision(whole, findings, LabNoise.Of(rounds));
    }
}
