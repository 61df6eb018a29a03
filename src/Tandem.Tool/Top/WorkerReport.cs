namespace Tandem.Tool.Top;

/// <summary>One worker.</summary>
/// <param name="Id">The process id, or the number of the thread in its pool.</param>
/// <param name="ThreadId">The system's id of a worker thread.</param>
/// <param name="State">starting, idle, busy, spare, draining or killing.</param>
/// <param name="CurrentItem">The item that it runs.</param>
/// <param name="CurrentItemSeconds">How long it has been running that item.</param>
/// <param name="InFlight">Items that it has received and not completed.</param>
/// <param name="ItemsDone">Items that it has completed.</param>
/// <param name="ItemsPerSecond">The rate between two samples.</param>
/// <param name="Usage">Its resource usage.</param>
internal sealed record WorkerReport(
    int Id,
    int? ThreadId,
    string State,
    string? CurrentItem,
    double? CurrentItemSeconds,
    int InFlight,
    long ItemsDone,
    double? ItemsPerSecond,
    Usage Usage);
