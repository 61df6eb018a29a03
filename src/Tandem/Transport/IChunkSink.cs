namespace Tandem.Transport;

/// <summary>Hears the outcomes of a chunk that still runs; no frame is handled meanwhile.</summary>
internal unsafe interface IChunkSink
{
    /// <param name="outcomes">All outcomes of this run so far; valid until the call returns.</param>
    /// <param name="length">Their bytes.</param>
    /// <param name="next">The element that runs now.</param>
    void OnFinished(byte* outcomes, nint length, int next);
}
