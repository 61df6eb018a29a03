namespace Tandem.Transport;

/// <summary>Receives the outcomes of a running chunk. No frame is handled during the call.</summary>
internal unsafe interface IChunkSink
{
    /// <param name="outcomes">All outcomes of this run so far; valid until the call returns.</param>
    /// <param name="length">The size of the outcomes, in bytes.</param>
    /// <param name="next">The index of the element that runs now.</param>
    void OnFinished(byte* outcomes, nint length, int next);
}
