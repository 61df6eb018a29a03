namespace Tandem.Work;

/// <summary>How far the parent has read the outcomes of a chunk while it runs.</summary>
internal struct ChunkProgress
{
    internal int First;

    /// <summary>The first element that its present run is not to start.</summary>
    internal int End;

    internal nint Bytes;
}
