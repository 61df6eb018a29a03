namespace Tandem.InWorker;

/// <summary>What a program offers that runs beside a worker.</summary>
/// <param name="Work">Runs until it is done, or until its token is cancelled. A static method: it has no values.</param>
/// <param name="OnOrphaned">Called when the parent is gone; may be called after the end of the loop.</param>
internal sealed record Guest(Func<CancellationToken, Task> Work, Action OnOrphaned);
