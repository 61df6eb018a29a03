namespace Tandem.Diagnostics;

/// <summary>The stacks of a process.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Pause">How long the process was stopped.</param>
/// <param name="Threads">The threads.</param>
internal sealed record StackSample(int ProcessId, TimeSpan Pause, IReadOnlyList<ThreadStack> Threads);
