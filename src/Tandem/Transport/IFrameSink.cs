namespace Tandem.Transport;

/// <summary>Hears what a worker sent, in the order in which it was sent, on one thread at a time.</summary>
internal interface IFrameSink
{
    /// <summary>A frame came; its body is valid until the call returns.</summary>
    void OnFrame(in Frame frame);

    /// <summary>No more frames are there for now: the place for work that is done once for many frames.</summary>
    void OnBatchEnd();

    /// <summary>
    /// The worker has begun to end, however that came: it takes no more items, and those that it has not started are to be taken back.
    /// Its exit is told later, once its memory is gone; where the system cannot tell earlier, only then.
    /// </summary>
    void OnEnding();

    /// <summary>The worker wrote nonsense, or the connection broke; nothing more will come.</summary>
    void OnBroken(Exception cause);
}
