namespace Tandem.Interop;

/// <summary>The first version of the kernel's struct sched_attr.</summary>
internal struct SchedulingAttributes
{
    internal uint Size;
    internal uint Policy;
    internal ulong Flags;
    internal int Nice;
    internal uint Priority;
    internal ulong Runtime;
    internal ulong Deadline;
    internal ulong Period;
}
