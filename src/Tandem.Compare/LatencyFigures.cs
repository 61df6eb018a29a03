namespace Tandem.Compare;

/// <summary>
/// The time that items took in their worker. Waiting for a worker is not included, because the pool's queue is the same in all models.
/// </summary>
public sealed class LatencyFigures
{
    internal LatencyFigures()
    {
    }

    /// <summary>Half of the items took at most this long.</summary>
    public TimeSpan Median { get; init; }

    /// <summary>Ninety of a hundred items took at most this long.</summary>
    public TimeSpan Percentile90 { get; init; }

    /// <summary>Ninety-nine of a hundred items took at most this long.</summary>
    public TimeSpan Percentile99 { get; init; }

    /// <summary>The longest time.</summary>
    public TimeSpan Maximum { get; init; }

    /// <summary>The number of items.</summary>
    public long Count { get; init; }
}
