using System.Diagnostics;

namespace Tandem.Tool.Lab;

/// <summary>Threads that begin at the same moment.</summary>
internal static class LabThreads
{
    /// <summary>Runs a body on so many threads, each with its number; returns the seconds from the first one's beginning to the last one's end.</summary>
    internal static double Run(int count, Action<int> body)
    {
        int ready = 0;
        var begun = new long[count];
        var ended = new long[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            // By spinning: what wakes threads wakes them one after the other, and a short body would be over before the next begins.
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
