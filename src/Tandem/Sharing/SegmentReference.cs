namespace Tandem.Sharing;

/// <summary>Where a segment can be opened: a descriptor of a process that has it, and what the segment must contain.</summary>
internal readonly record struct SegmentReference(Guid Id, int ProcessId, int Descriptor, long Length, bool IsReadOnly);
