namespace Tandem.Compare;

/// <summary>One item of a timeline.</summary>
public sealed class TimelineItem
{
    internal TimelineItem()
    {
    }

    /// <summary>The index of the item in the run.</summary>
    public int Item { get; init; }

    /// <summary>The process that ran it.</summary>
    public int ProcessId { get; init; }

    /// <summary>The index of the thread that began it, from 0 over all workers.</summary>
    public int Slot { get; init; }

    /// <summary>When it began, as the time since the start of the run.</summary>
    public TimeSpan Start { get; init; }

    /// <summary>When it ended, as the time since the start of the run.</summary>
    public TimeSpan End { get; init; }
}
