namespace Tandem.Sharing;

/// <summary>What a shared segment contains.</summary>
internal enum SegmentKind
{
    None = 0,
    Array = 1,
    Counter = 2,
    Lock = 3,
    Channel = 4,
}
