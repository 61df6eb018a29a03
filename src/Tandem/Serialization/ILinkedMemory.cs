namespace Tandem.Serialization;

/// <summary>Memory that a payload refers to instead of holding a copy, such as that of a shared array.</summary>
internal interface ILinkedMemory
{
    /// <summary>Keeps the memory until <see cref="Release"/>; false when it is gone already.</summary>
    bool TryHold();

    /// <summary>Ends one <see cref="TryHold"/>.</summary>
    void Release();

    /// <summary>Keeps the memory until the other side has counted its arrival, or for a while.</summary>
    void KeepUntilReceived();

    /// <summary>Counts an arrival, so that the other side need not keep the memory any longer.</summary>
    void CountArrival();
}
