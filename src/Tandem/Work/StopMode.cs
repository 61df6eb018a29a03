namespace Tandem.Work;

/// <summary>How a pool ends.</summary>
internal enum StopMode
{
    /// <summary>Items that were submitted run first.</summary>
    Drain,

    /// <summary>Running items complete; waiting items fail.</summary>
    Finish,

    /// <summary>Running items are cancelled, and their workers killed if possible.</summary>
    Abort,
}
