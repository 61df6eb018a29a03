namespace Tandem;

/// <summary>Counts of a pool since it was made.</summary>
/// <param name="Starts">Workers that were started.</param>
/// <param name="Crashes">Worker processes that ended although nobody had told them to.</param>
/// <param name="Kills">Worker processes that were ended because of what their item did.</param>
/// <param name="Recycles">Workers that were replaced as planned.</param>
/// <param name="FailedStarts">Starts that failed.</param>
/// <param name="Timeouts">Items that passed their time limit.</param>
/// <param name="Quarantined">Items that crashed their workers more often than allowed.</param>
/// <param name="AbandonedThreads">Threads that go on, now, with an item whose time was over.</param>
public sealed record PoolTotals(
    long Starts, long Crashes, long Kills, long Recycles, long FailedStarts, long Timeouts, long Quarantined, int AbandonedThreads);
