namespace Tandem.Launch;

/// <summary>A worker process, seen from its parent.</summary>
internal abstract class WorkerProcess : IDisposable
{
    internal abstract int Id { get; }

    /// <summary>Asks the process, and every process that it started in its group, to end.</summary>
    internal abstract void Terminate();

    /// <summary>Ends the process and its group at once.</summary>
    internal abstract void Kill();

    /// <summary>
    /// It ends: what is left to do of that, milliseconds of giving memory back, comes after what others want of the processor. Where the
    /// system cannot, nothing.
    /// </summary>
    internal virtual void PutLast()
    {
    }

    public abstract void Dispose();
}
