namespace Tandem.Compare;

/// <summary>
/// The figures of one configuration in one round. Together with those of the other rounds, they show whether a difference is more than
/// noise.
/// </summary>
internal readonly record struct RoundFigures
{
    /// <summary>Processor time per item, in seconds.</summary>
    internal required double Processor { get; init; }

    /// <summary>The time that 99 of 100 items did not exceed, in seconds.</summary>
    internal required double Percentile99 { get; init; }

    /// <summary>Context switches of both kinds.</summary>
    internal required double Switches { get; init; }

    /// <summary>Private memory of the processes, in bytes.</summary>
    internal required double PrivateMemory { get; init; }

    /// <summary>The share of the workers' time in which garbage collection stopped them, from 0 to 1.</summary>
    internal required double PauseShare { get; init; }

    /// <summary>The start time of the pool, in seconds.</summary>
    internal required double StartTime { get; init; }
}
