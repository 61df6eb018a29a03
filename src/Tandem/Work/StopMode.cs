namespace Tandem.Work;

/// <summary>How a pool ends.</summary>
internal enum StopMode
{
    /// <summary>Everything that was submitted runs first.</summary>
    Drain,

    /// <summary>What runs finishes, what waits fails.</summary>
    Finish,

    /// <summary>What runs is cancelled, and killed where that is possible.</summary>
    Abort,
}
