using Tandem.Work;

namespace Tandem.Threading;

/// <summary>An item of a pool of threads. It is not serialized.</summary>
internal abstract class LocalItem(CancellationToken cancellationToken) : WorkItem(cancellationToken)
{
    /// <summary>Runs the work and settles the item, unless the pool ends in the middle of a chunk.</summary>
    /// <param name="state">The state of the worker.</param>
    /// <param name="aborted">Cancelled when the item times out, or when the pool is aborted.</param>
    internal abstract void Run(object? state, CancellationToken aborted);

    /// <summary>
    /// Called when the item is settled and never runs. A queue may still hold it for a while, so it drops what its work captured.
    /// </summary>
    internal virtual void Abandon()
    {
    }
}
