namespace Tandem.Transport.SharedMemory;

/// <summary>Is notified of what happens to a <see cref="WorkerConnection"/>. The calls come from any thread.</summary>
internal interface IConnectionObserver
{
    /// <summary>The worker has closed its end, because it exits.</summary>
    void OnEnded();

    /// <summary>The connection cannot be used.</summary>
    void OnFailed(Exception error);
}
