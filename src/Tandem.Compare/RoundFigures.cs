namespace Tandem.Compare;

/// <summary>What one round's run of a configuration was like: with those of the other rounds, it says whether a difference is more than noise.</summary>
internal readonly record struct RoundFigures
{
    /// <summary>Processor time for an item, in seconds.</summary>
    internal required double Processor { get; init; }

    /// <summary>The time that 99 of 100 items did not exceed, in seconds.</summary>
    internal required double Percentile99 { get; init; }

    /// <summary>Context switches of both kinds.</summary>
    internal required double Switches { get; init; }

    /// <summary>Bytes that the processes hold alone.</summary>
    internal required double PrivateMemory { get; init; }

    /// <summary>Of the workers' time, from 0 to 1.</summary>
    internal required double PauseShare { get; init; }

    /// <summary>In seconds.</summary>
    internal required double StartTime { get; init; }
}
