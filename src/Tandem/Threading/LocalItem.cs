using Tandem.Work;

namespace Tandem.Threading;

/// <summary>An item of a pool of threads: it stays on this heap.</summary>
internal abstract class LocalItem(CancellationToken cancellationToken) : WorkItem(cancellationToken)
{
    /// <summary>Runs the work, and settles the item, unless the pool ends in the middle of a chunk.</summary>
    /// <param name="state">The worker's.</param>
    /// <param name="aborted">Cancelled when the item's time is over, or the pool ends at once.</param>
    internal abstract void Run(object? state, CancellationToken aborted);

    /// <summary>The item was settled and never runs, though a queue may hold it for a while: what its work captured is let go of.</summary>
    internal virtual void Abandon()
    {
    }
}
