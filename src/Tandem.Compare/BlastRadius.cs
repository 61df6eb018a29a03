namespace Tandem.Compare;

/// <summary>
/// What was lost when a worker was killed with SIGKILL while it worked, as after a native crash or by the out-of-memory killer.
/// </summary>
public sealed class BlastRadius
{
    internal BlastRadius()
    {
    }

    /// <summary>Whether the process with the pool, and so the rest of the program, was lost with the worker.</summary>
    public bool EndsProgram { get; init; }

    /// <summary>The number of items of the run.</summary>
    public long Items { get; init; }

    /// <summary>Items that were running, and failed.</summary>
    public long RunningItemsLost { get; init; }

    /// <summary>Items whose results were lost although the items were completed.</summary>
    public long FinishedItemsLost { get; init; }

    /// <summary>Items that never started.</summary>
    public long ItemsNeverRun { get; init; }

    /// <summary>The time from the kill until a new worker was ready; null if nothing was left to replace it.</summary>
    public TimeSpan? Recovery { get; init; }

    /// <summary>A description in words.</summary>
    public string Description { get; init; } = "";
}
