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
}
