namespace Tandem.Transport.SharedMemory;

/// <summary>
/// Wakes the consumer of a ring where two processes cannot wait on one futex. A ring of the bell is remembered: if the consumer does not
/// wait now, the ring ends its next wait. Several rings may count as one.
/// </summary>
internal abstract class Bell : IDisposable
{
    /// <summary>Ends the wait of the consumer, which is a thread of this process or of the other one. Never blocks.</summary>
    internal abstract void Ring();

    /// <summary>Consumer: waits until the bell rings. May return earlier, so the caller must check what it waits for.</summary>
    internal abstract void Wait(int milliseconds);

    public abstract void Dispose();
}
