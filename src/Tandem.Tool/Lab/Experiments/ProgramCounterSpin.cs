using System.Runtime.CompilerServices;
using Tandem.Interop;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>The work in the worker process that is stopped and inspected: threads that take turns on one processor, and count.</summary>
internal static class ProgramCounterSpin
{
    /// <summary>
    /// The layout of the shared array: whether to stop; then for each thread its id, its count, and how often the count was not what the
    /// thread had left.
    /// </summary>
    internal const int Stop = 0;

    private const int Fields = 3;

    // Long enough that each thread is stopped at many places in it.
    private const int Multiplier = 0x19660D;

    internal static int Length(int threads) => 1 + (threads * Fields);

    internal static int Id(int thread) => 1 + (thread * Fields);

    internal static int Count(int thread) => Id(thread) + 1;

    internal static int Surprises(int thread) => Id(thread) + 2;

    /// <summary>Counts until it is told to stop; returns the process id.</summary>
    internal static int Run(SharedArray<long> memory, int threads, int processor)
    {
        LabThreads.Run(threads, thread =>
        {
            Libc.TryPin(processor);
            Volatile.Write(ref memory[Id(thread)], Libc.GetThreadId());
            ref long count = ref memory[Count(thread)];
            while (Volatile.Read(ref memory[Stop]) == 0)
                memory[Surprises(thread)] += Spin(ref count);
        });
        return Environment.ProcessId;
    }

    /// <summary>
    /// Keeps the count twice, in a register and in memory, and checks each time whether both agree. A thread that continued at another
    /// place, or with other registers, would find a difference.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static long Spin(ref long count)
    {
        long own = count, surprises = 0;
        uint left = (uint)own, right = 1;
        for (int i = 0; i < 1_000_000; i++)
        {
            left = (left * Multiplier) + 1;
            right ^= left >> 3;
            left += right << 5;
            right = (right * Multiplier) + left;
            if (count != own)
                surprises++;

            count = ++own;
        }

        return surprises + (left == 0 && right == 0 ? 1 : 0);
    }
}
