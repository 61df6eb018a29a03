namespace Tandem.Processes;

/// <summary>How many workers of each kind a pool has.</summary>
internal struct WorkerCounts
{
    /// <summary>Ready, and to stay.</summary>
    internal int Serving;

    /// <summary>Ready, waiting to take another's place.</summary>
    internal int Spare;

    /// <summary>On the way.</summary>
    internal int Starting;

    /// <summary>Taking items until a successor is there.</summary>
    internal int Due;

    /// <summary>At work on the last items that they may run.</summary>
    internal int Spent;

    /// <summary>Ready workers that serve, will stay or have successors.</summary>
    internal readonly int Ready => Serving + Due + Spent;
}
