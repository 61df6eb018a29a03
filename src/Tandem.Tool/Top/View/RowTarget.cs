namespace Tandem.Tool.Top.View;

/// <summary>What a line of the view represents: a process, and for a worker thread also the thread.</summary>
internal readonly record struct RowTarget(int ProcessId, int? ThreadId, string Title);
