namespace Tandem.Transport.SharedMemory;

/// <summary>
/// What the parent's side of a link needs of the system: the memory that both processes map, bells, and a channel for control frames. Each
/// way of sharing memory is a class of its own.
/// </summary>
internal abstract class WorkerConnection : IDisposable
{
    /// <summary>Header, cells and rings; see <see cref="LinkLayout"/>.</summary>
    internal abstract SharedRegion Link { get; }

    /// <summary>The worker's area for large results; read-only here.</summary>
    internal abstract SharedRegion Results { get; }

    /// <summary>Wakes the thread that receives in this process; null if that thread waits on a futex in the ring.</summary>
    internal virtual Bell? OwnBell => null;

    /// <summary>Wakes the worker; null if it waits on a futex in the ring.</summary>
    internal virtual Bell? WorkerBell => null;

    /// <summary>Begins to wait for the worker, where it has to connect. Called at most once.</summary>
    internal virtual void Start(IConnectionObserver observer)
    {
    }

    /// <summary>Sends a control frame. Never blocks. A frame that is sent before the worker has connected arrives when it does.</summary>
    internal abstract void SendControl(FrameKind kind, int slot, uint sequence, int extra);

    /// <summary>Unmaps the memory and closes everything. The caller makes sure that no thread uses it.</summary>
    public abstract void Dispose();
}
