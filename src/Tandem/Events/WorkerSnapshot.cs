namespace Tandem;

/// <summary>What one worker does at one moment.</summary>
/// <param name="Id">The process id of a worker process; the number of a worker thread within its pool.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="IsSpare">Whether it only waits to take another's place.</param>
/// <param name="CurrentItem">The name of the item that it runs; null for none. Of several, the one that runs longest.</param>
/// <param name="CurrentItemAge">How long that item has been running.</param>
/// <param name="InFlight">Items that it has been given and has not answered.</param>
/// <param name="ItemsDone">Items that it has answered.</param>
/// <param name="PrivateMemory">Memory that it holds for itself alone, in bytes; 0 for a thread, which shares its process's.</param>
public sealed record WorkerSnapshot(
    int Id, WorkerState State, bool IsSpare, string? CurrentItem, TimeSpan CurrentItemAge, int InFlight, long ItemsDone, long PrivateMemory)
{
    /// <summary>The system's number of a worker thread; 0 for a process, and where the system has none.</summary>
    internal int ThreadId { get; init; }
}
