namespace Tandem.Work;

/// <summary>Of an item that travels to a worker process: what travels, and where it is.</summary>
internal struct Journey
{
    // One or the other: an item that waits has no worker. Every word counts, in what a million calls hold at once.
    private object? _place;

    /// <summary>What travels.</summary>
    internal Shipment Shipment;

    /// <summary>Distinguishes this run of the item from every other user of its slot.</summary>
    internal uint Sequence;

    /// <summary>How often the item was started.</summary>
    internal int Attempt;

    /// <summary>The next item in the queue that holds this one.</summary>
    internal WorkItem? Next
    {
        readonly get => _place as WorkItem;
        set => _place = value;
    }

    /// <summary>The worker that has the item.</summary>
    internal Processes.ProcessWorker? Worker
    {
        readonly get => _place as Processes.ProcessWorker;
        set => _place = value;
    }
}
