namespace Tandem.Tool.Lab.Experiments;

/// <summary>A thread's stack, and what the thread sees in shared memory.</summary>
/// <param name="Process">The process id.</param>
/// <param name="Thread">Linux's thread id.</param>
/// <param name="Depth">The number of calls.</param>
/// <param name="Top">The address of a variable of its first method.</param>
/// <param name="Bottom">The address of a variable of its deepest method.</param>
/// <param name="Common">The address of the object that all threads of the process can reach.</param>
/// <param name="Content">The value that the thread read from it.</param>
/// <param name="Start">The start of the memory region that contains the variables.</param>
/// <param name="End">The end of that region.</param>
/// <param name="Resident">How much of it is resident memory, rather than only reserved addresses.</param>
internal sealed record StackExtent(
    int Process, int Thread, int Depth, long Top, long Bottom, long Common, long Content, long Start, long End, long Resident)
{
    internal long Used => End - Bottom;

    internal bool Overlaps(StackExtent other) => Start < other.End && other.Start < End;
}
