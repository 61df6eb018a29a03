namespace Tandem.Serialization;

/// <summary>Memory that a payload refers to instead of containing a copy, such as the memory of a shared array.</summary>
internal interface ILinkedMemory
{
    /// <summary>Holds the memory until <see cref="Release"/>; false if it was already freed.</summary>
    bool TryHold();

    /// <summary>Ends one <see cref="TryHold"/>.</summary>
    void Release();

    /// <summary>Holds the memory until the other side has counted its arrival, or for a limited time.</summary>
    void KeepUntilReceived();

    /// <summary>Counts an arrival, so that the other side can release the memory.</summary>
    void CountArrival();

    /// <summary>Whether this process has created the memory, or has taken it over from a worker that did.</summary>
    bool IsOwn { get; }

    /// <summary>
    /// In a worker: ends one <see cref="TryHold"/> after the parent has opened the memory. The parent owns it from then on: when it
    /// disposes the memory, this process releases it too.
    /// </summary>
    void OnTaken();

    /// <summary>
    /// In the calling process: ends the custody that <see cref="ICallLinks.TakesCustody"/> began. Frees the memory if no value that
    /// refers to it has arrived.
    /// </summary>
    /// <param name="isOwned">Whether this process owns the memory from now on, because the worker did.</param>
    void EndCustody(bool isOwned);
}
