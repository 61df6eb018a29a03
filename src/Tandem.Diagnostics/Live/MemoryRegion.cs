namespace Tandem.Diagnostics;

/// <summary>A region of a process's memory.</summary>
internal sealed record MemoryRegion(ulong Start, ulong End, bool IsExecutable, ulong FileOffset, string File);
