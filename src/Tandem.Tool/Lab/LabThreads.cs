using System.Diagnostics;

namespace Tandem.Tool.Lab;

/// <summary>Runs threads that begin at the same moment.</summary>
internal static class LabThreads
{
    /// <summary>
    /// Runs a body on a number of threads, each with its index; returns the seconds from the first thread's beginning to the last one's
    /// end.
    /// </summary>
    internal static double Run(int count, Action<int> body)
    {
        int ready = 0;
        var begun = new long[count];
        var ended = new long[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            // They spin until all are ready: waking threads wakes one after the other, and a short body would be over before the next
            // thread begins.
            Interlocked.Increment(ref ready);
            while (Volatile.Read(ref ready) < count)
                Thread.Yield();

            begun[index] = Stopwatch.GetTimestamp();
            body(index);
            ended[index] = Stopwatch.GetTimestamp();
        })
        { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        return Stopwatch.GetElapsedTime(begun.Min(), ended.Max()).TotalSeconds;
    }
}
