namespace Tandem.Events;

/// <summary>The object that users hold, with their handlers for what happens to workers.</summary>
internal interface IWorkerEventSource
{
    /// <summary>The handlers; null for none.</summary>
    EventHandler<WorkerEvent>? Handlers { get; }
}
