namespace Tandem.InWorker;

/// <summary>The work of a program that runs in the same process as a worker.</summary>
/// <param name="Work">Runs until it completes, or until its token is cancelled. A static method without captured values.</param>
/// <param name="OnOrphaned">Called when the parent has exited; may be called after the loop has ended.</param>
internal sealed record Guest(Func<CancellationToken, Task> Work, Action OnOrphaned);
