namespace Tandem.Compare;

/// <summary>The cost of garbage collection.</summary>
public sealed class CollectionFigures
{
    internal CollectionFigures()
    {
    }

    /// <summary>The total time for which garbage collection stopped processes.</summary>
    public TimeSpan PauseTime { get; init; }

    /// <summary>The share of their time for which workers were stopped, from 0 to 1.</summary>
    public double PauseShare { get; init; }

    /// <summary>The number of collections.</summary>
    public long Count { get; init; }

    /// <summary>The number of allocated bytes.</summary>
    public long AllocatedBytes { get; init; }
}
