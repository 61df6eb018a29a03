namespace Tandem.Compare;

/// <summary>The models of running work that are compared.</summary>
public enum WorkerModel
{
    /// <summary>Threads of one process.</summary>
    Threads,

    /// <summary>Processes that each run one item at a time.</summary>
    Processes,

    /// <summary>Processes that each run several items at a time, on threads.</summary>
    ProcessesTimesThreads,
}
