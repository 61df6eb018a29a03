namespace Tandem.Tool.Stacks;

/// <summary>The parsed command line of <c>tandem stacks</c>.</summary>
internal sealed record StacksSettings(int ProcessId, int? ThreadId, bool Json, bool Watch, int? Samples, TimeSpan Interval);
