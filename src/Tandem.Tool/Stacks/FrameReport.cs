namespace Tandem.Tool.Stacks;

/// <summary>One frame.</summary>
internal sealed record FrameReport(string Kind, string Address, string StackPointer, string Name, string? Source);
