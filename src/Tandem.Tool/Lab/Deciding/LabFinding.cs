namespace Tandem.Tool.Lab.Deciding;

/// <summary>What became of one part of what people say.</summary>
/// <param name="Claim">What they say.</param>
/// <param name="Verdict">Whether it is so.</param>
/// <param name="Why">The figures that decided, or what keeps them from it.</param>
internal sealed record LabFinding(string Claim, LabVerdict Verdict, string Why)
{
    /// <summary>Whether other programs alone keep it from being told.</summary>
    internal bool IsOthersFault { get; init; }
}
