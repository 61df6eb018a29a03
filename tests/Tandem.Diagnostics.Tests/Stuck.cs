using System.Runtime.CompilerServices;

namespace Tandem.Diagnostics.Tests;

/// <summary>Work that does not come to an end.</summary>
internal static class Stuck
{
    internal const string SleepLine = ":line 24";

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int BusyLoop(int seed)
    {
        while (true)
        {
            seed = seed * 31 + 7;
            if (seed == int.MinValue && Environment.TickCount64 < 0)
                return seed;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Sleep()
    {
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int WaitForLock()
    {
        object gate = new();
        using var taken = new ManualResetEventSlim();
        new Thread(() =>
        {
            lock (gate)
            {
                taken.Set();
                Thread.Sleep(Timeout.Infinite);
            }
        })
        { IsBackground = true }.Start();
        taken.Wait();
        lock (gate)
            return 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Spin()
    {
        while (true)
            Thread.SpinWait(1_000);
    }

    internal static async Task<int> BlockAsync()
    {
        await Task.Yield();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long CountUntil(CancellationToken token, IProgress<int> entered)
    {
        entered.Report(1);
        long count = 0;
        while (!token.IsCancellationRequested)
            count++;

        token.ThrowIfCancellationRequested();
        return count;
    }
}
