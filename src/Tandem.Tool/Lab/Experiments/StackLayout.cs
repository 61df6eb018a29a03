using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>The locations of the stacks of a process's threads, and what its threads have in common.</summary>
internal static class StackLayout
{
    // Pinned, so that its address stays the same while threads report it.
    private static readonly long[] Common = GC.AllocateArray<long>(1, pinned: true);

    /// <summary>The content of an object that all threads of this process can reach.</summary>
    internal static long Content => Volatile.Read(ref Common[0]);

    /// <summary>
    /// Starts threads that recurse to different depths, and inspects all of them meanwhile. The first one writes to the common object.
    /// </summary>
    /// <param name="threads">The number of threads.</param>
    /// <param name="frames">How many calls deeper each thread goes than the previous one.</param>
    /// <param name="written">The value that is written.</param>
    /// <param name="whenWritten">Called after the write, before any thread reads.</param>
    internal static unsafe StackExtent[] Look(int threads, int frames, long written, Action whenWritten)
    {
        var stacks = new StackExtent[threads];
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
                stacks[index] = new StackExtent(
                    Environment.ProcessId, Libc.GetThreadId(), frames * index, top, address, common, Content, 0, 0, 0);
                read.SignalAndWait();
            });
        });
        return stacks;
    }

    /// <summary>Recurses until the stack overflows, which ends the process; reports the depth before each call.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    internal static long Overflow(SharedArray<long> depth)
    {
        depth[0]++;
        return Overflow(depth) + 1;
    }

    /// <summary>Recurses a number of times, and then reports the addresses of its variables.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe long Descend(int calls, Action<long> whenThere)
    {
        if (calls > 0)
            return Descend(calls - 1, whenThere) + 1;

        long bottom;
        whenThere((long)&bottom);
        return 0;
    }

    /// <summary>Adds what the system reports about the memory that contains each thread's variables.</summary>
    private static void Measure(StackExtent[] stacks)
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
