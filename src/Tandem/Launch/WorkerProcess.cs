namespace Tandem.Launch;

/// <summary>A worker process, as its parent sees it.</summary>
internal abstract class WorkerProcess : IDisposable
{
    internal abstract int Id { get; }

    /// <summary>Asks the process and its process group to exit.</summary>
    internal abstract void Terminate();

    /// <summary>
    /// Kills the process and its group. Like <see cref="Terminate"/>, does not throw, does not wait, and has no effect after the exit:
    /// timers call it, and callers that hold the pool's lock.
    /// </summary>
    internal abstract void Kill();

    /// <summary>
    /// Sets the lowest priority for the process group of a worker that is exiting, so that freeing its memory (milliseconds) does not
    /// delay other work. No-op where the system does not support that.
    /// </summary>
    internal virtual void SetLowestPriority()
    {
    }

    public abstract void Dispose();
}
