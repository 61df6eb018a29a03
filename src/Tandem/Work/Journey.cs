using Tandem.Shipping;

namespace Tandem.Work;

/// <summary>Of an item that travels to a worker process: what travels, and where it is.</summary>
internal struct Journey
{
    /// <summary>
    /// What has the item: a worker, whose kind its engine knows, or, as long as it waits in a queue, the next item. One field for both, as
    /// every word counts in what a million calls hold at once.
    /// </summary>
    internal object? Holder;

    /// <summary>What travels.</summary>
    internal Shipment Shipment;

    /// <summary>Distinguishes this run of the item from every other user of its slot.</summary>
    internal uint Sequence;

    /// <summary>How often the item was started.</summary>
    internal int Attempt;

    /// <summary>The next item in the queue that holds this one.</summary>
    internal WorkItem? Next
    {
        readonly get => Holder as WorkItem;
        set => Holder = value;
    }
}
