namespace Tandem.Tool.Stacks;

/// <summary>Merged samples, as <c>--watch --json</c> prints them.</summary>
internal sealed record TreeReport(
    int ProcessId, string Program, int Samples, double LongestPauseMilliseconds, int Stacks, int Running, IReadOnlyList<TreeNode> Tree);
