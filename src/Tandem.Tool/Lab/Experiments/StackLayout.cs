using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Where the stacks of a process' threads lie, and what all of its threads have in common.</summary>
internal static class StackLayout
{
    // Pinned, so that its address stays what it is while threads tell of it.
    private static readonly long[] Common = GC.AllocateArray<long>(1, pinned: true);

    /// <summary>What every thread of this process finds in the object that all of them can reach.</summary>
    internal static long Content => Volatile.Read(ref Common[0]);

    /// <summary>Has threads go to different depths, and looks at all of them while they are there. The first of them writes to the common object.</summary>
    /// <param name="threads">How many.</param>
    /// <param name="frames">How much deeper each goes than the one before it.</param>
    /// <param name="written">What is written.</param>
    /// <param name="whenWritten">Called after it was, before any thread reads.</param>
    internal static unsafe ThreadStack[] Look(int threads, int frames, long written, Action whenWritten)
    {
        var stacks = new ThreadStack[threads];
        using var deep = new Barrier(threads, _ =>
        {
            Volatile.Write(ref Common[0], written);
            whenWritten();
        });
        using var read = new Barrier(threads, _ => Measure(stacks));
        LabThreads.Run(threads, index =>
        {
            long variable;
            long top = (long)&variable;
            Descend(frames * index, address =>
            {
                deep.SignalAndWait();
                long common = Marshal.UnsafeAddrOfPinnedArrayElement(Common, 0);
                stacks[index] = new ThreadStack(Environment.ProcessId, Libc.GetThreadId(), frames * index, top, address, common, Content, 0, 0, 0);
                read.SignalAndWait();
            });
        });
        return stacks;
    }

    /// <summary>Recurses until the stack is full, which ends the process; tells before each call how deep it is.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    internal static long Overflow(SharedArray<long> depth)
    {
        depth[0]++;
        return Overflow(depth) + 1;
    }

    /// <summary>Calls itself so many times, and then tells where its variables are.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe long Descend(int calls, Action<long> whenThere)
    {
        if (calls > 0)
            return Descend(calls - 1, whenThere) + 1;

        long bottom;
        whenThere((long)&bottom);
        return 0;
    }

    /// <summary>Adds what the system knows of the memory in which each thread's variables lie.</summary>
    private static void Measure(ThreadStack[] stacks)
    {
        long start = 0, end = 0;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string first = line.Split(' ', 2)[0];
            if (first.Contains('-', StringComparison.Ordinal))
            {
                string[] range = first.Split('-');
                start = long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                end = long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
            else if (first == "Rss:" && Array.FindIndex(stacks, one => one.Bottom >= start && one.Bottom < end) is >= 0 and int found)
            {
                long resident = long.Parse(line.AsSpan(first.Length).Trim(" kB"), CultureInfo.InvariantCulture) << 10;
                stacks[found] = stacks[found] with { Start = start, End = end, Resident = resident };
            }
        }
    }
}

/// <summary>A thread's stack, and what the thread sees beside it.</summary>
/// <param name="Process">Whose thread it is.</param>
/// <param name="Thread">As Linux counts.</param>
/// <param name="Depth">How many calls deep it went.</param>
/// <param name="Top">The address of a variable of its first method.</param>
/// <param name="Bottom">The address of a variable of its deepest method.</param>
/// <param name="Common">The address of the object that all threads of the process can reach.</param>
/// <param name="Content">What the thread found in it.</param>
/// <param name="Start">Where the memory that holds the variables begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Resident">How much of it is memory, and not only addresses.</param>
internal sealed record ThreadStack(int Process, int Thread, int Depth, long Top, long Bottom, long Common, long Content, long Start, long End, long Resident)
{
    internal long Used => End - Bottom;

    internal bool Overlaps(ThreadStack other) => Start < other.End && other.Start < End;
}
