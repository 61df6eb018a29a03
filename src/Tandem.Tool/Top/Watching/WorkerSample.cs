namespace Tandem.Tool.Top.Watching;

/// <summary>A worker, as its pool reported it.</summary>
internal sealed record WorkerSample(
    int Id, int ThreadId, string State, string CurrentItem, double CurrentItemSeconds, int InFlight, long ItemsDone);
