namespace Tandem.Work;

/// <summary>How many of a running chunk's outcomes the parent has read.</summary>
internal struct ChunkProgress
{
    internal int First;

    /// <summary>The first element that the current run must not start.</summary>
    internal int End;

    internal nint Bytes;
}
