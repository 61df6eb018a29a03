namespace Tandem.Events;

/// <summary>The object that users hold; it has their handlers for events of workers.</summary>
internal interface IWorkerEventSource
{
    /// <summary>The handlers; null for none.</summary>
    EventHandler<WorkerEvent>? Handlers { get; }
}
