namespace Tandem.Tool.Lab.Deciding;

/// <summary>
/// What rounds say of what people say: the one place where verdicts come from, and a function of the rounds alone. A part that is not so decides;
/// or else a part that nobody can tell; only if all parts are so is the whole.
/// </summary>
/// <param name="Verdict">Of all parts together.</param>
/// <param name="Findings">Of each part.</param>
/// <param name="Noise">How much others disturbed it.</param>
internal sealed record LabDecision(LabVerdict Verdict, IReadOnlyList<LabFinding> Findings, LabNoise Noise)
{
    /// <summary>What keeps the machine from telling; null when it has told.</summary>
    internal string? Reason => Verdict != LabVerdict.TooBusy ? null
        : string.Join("; ", Findings.Where(static finding => finding.Verdict == LabVerdict.TooBusy).Select(finding => finding.IsOthersFault ? Noise.Reason : finding.Why).Distinct());

    internal static LabDecision Of(IEnumerable<LabClaim> claims, IReadOnlyCollection<LabRound> rounds)
    {
        LabFinding[] findings = [.. claims.Select(claim => claim.Decide(rounds))];
        bool Any(LabVerdict verdict) => Array.Exists(findings, finding => finding.Verdict == verdict);
        LabVerdict whole = Any(LabVerdict.DoesNotHold) ? LabVerdict.DoesNotHold : Any(LabVerdict.TooBusy) ? LabVerdict.TooBusy : LabVerdict.Holds;
        return new LabDecision(whole, findings, LabNoise.Of(rounds));
    }
}
