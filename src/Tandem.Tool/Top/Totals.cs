namespace Tandem.Tool.Top;

/// <summary>Counts since the pool was created.</summary>
internal sealed record Totals(
    long Starts, long Crashes, long Kills, long Recycles, long FailedStarts, long Timeouts, long Quarantined, int AbandonedThreads)
{
    /// <summary>How many workers were replaced, after failures or as planned.</summary>
    internal long Restarts => Crashes + Kills + Recycles;
}
