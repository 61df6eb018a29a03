namespace Tandem.Transport.SharedMemory;

/// <summary>What the worker's side of a link needs of the system; the counterpart of <see cref="WorkerConnection"/>.</summary>
internal abstract class ParentConnection : IDisposable
{
    /// <summary>Wakes the worker's main thread; null if that thread waits on a futex in the ring.</summary>
    internal virtual Bell? OwnBell => null;

    /// <summary>Wakes the parent; null if it waits on a futex in the ring.</summary>
    internal virtual Bell? ParentBell => null;

    /// <summary>Maps header, cells and rings.</summary>
    internal abstract SharedRegion OpenLink();

    /// <summary>Maps the pool's area for large arguments, for reading only.</summary>
    /// <param name="length">The size that the parent has written into the header.</param>
    internal abstract SharedRegion OpenRequests(nint length);

    /// <summary>Maps this worker's area for large results.</summary>
    /// <param name="length">The size that the parent has written into the header.</param>
    internal abstract SharedRegion OpenResults(nint length);

    /// <summary>Connects to the parent, once all memory is mapped. The bells exist from then on.</summary>
    internal virtual void Connect()
    {
    }

    /// <summary>Waits for the next control frame; false at the end of the connection.</summary>
    internal abstract bool TryReceive(out FrameHeader header);

    /// <summary>Closes the connection, but not the memory.</summary>
    public abstract void Dispose();
}
