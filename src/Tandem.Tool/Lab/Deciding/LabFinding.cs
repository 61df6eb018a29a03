namespace Tandem.Tool.Lab.Deciding;

/// <summary>The finding on one part of a claim.</summary>
/// <param name="Claim">The part of the claim.</param>
/// <param name="Verdict">Whether it holds.</param>
/// <param name="Why">The figures that decided, or the reason why it is undecided.</param>
internal sealed record LabFinding(string Claim, LabVerdict Verdict, string Why)
{
    /// <summary>Whether it is undecided only because of other programs.</summary>
    internal bool IsOthersFault { get; init; }
}
