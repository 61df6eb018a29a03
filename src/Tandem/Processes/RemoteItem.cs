using Tandem.Invocation;
using Tandem.Transport;
using Tandem.Work;

namespace Tandem.Processes;

/// <summary>An item of a pool of processes: what is sent to a worker, and where it is.</summary>
internal abstract class RemoteItem(CallPayload callPayload, CancellationToken cancellationToken) : WorkItem(cancellationToken), IPollTarget
{
    // A worker has the item, or, as long as it waits in the queue, the next item follows here. One field for both, as every word counts
    // in what a million calls hold at once.
    private object? _holder;

    // The two small ones fill up the last word of the base class.
    private ushort _slot;

    /// <summary>What is sent.</summary>
    internal CallPayload Payload { get; } = callPayload;

    /// <summary>The worker that has the item; null while the item waits.</summary>
    internal ProcessWorker? Worker { get => _holder as ProcessWorker; set => _holder = value; }

    /// <summary>The next item in the queue that holds this one. The queue's own.</summary>
    internal RemoteItem? Next { get => _holder as RemoteItem; set => _holder = value; }

    /// <summary>Whether the engine's queue holds it. The queue's own.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>The slot of the worker's link that the item occupies.</summary>
    internal int Slot { get => _slot; set => _slot = (ushort)value; }

    /// <summary>Distinguishes this run of the item from every other user of its slot.</summary>
    internal uint Sequence { get; set; }

    /// <summary>How often the item was started.</summary>
    internal int Attempt { get; set; }

    /// <inheritdoc cref="ItemDetails.AnswerLinks"/>
    internal CallLinks AnswerLinks => DetailsIfAny?.AnswerLinks ?? CallLinks.ForResults;
}
