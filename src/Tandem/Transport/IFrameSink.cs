namespace Tandem.Transport;

/// <summary>Receives the frames of a worker in the order in which they were sent, on one thread at a time.</summary>
internal interface IFrameSink
{
    /// <summary>Called for each frame. Its body is valid until the call returns.</summary>
    void OnFrame(in Frame frame);

    /// <summary>Called when no more frames are available for now, for work that is done once per batch of frames.</summary>
    void OnBatchEnd();

    /// <summary>
    /// Called when the worker has begun to exit, for whatever reason: it accepts no more items, and the pool takes back those that have
    /// not started. The exit itself is reported later, once the process's memory has been freed. Where the system offers no earlier
    /// notification, this method is not called.
    /// </summary>
    void OnEnding();

    /// <summary>Called when the worker violated the protocol or the connection broke. No more calls follow.</summary>
    void OnBroken(Exception cause);
}
