using System.Diagnostics;
using Tandem;

namespace ScanAssemblies;

/// <summary>A file on its way to a worker.</summary>
/// <param name="Path">The file.</param>
/// <param name="IsFatal">Whether the worker says that it is busy with it, and waits for its end.</param>
internal readonly record struct Job(string Path, bool IsFatal);

/// <summary>A scan on its way back.</summary>
internal readonly record struct Answer(FileScan Scan, int ProcessId);

/// <summary>Runs the scan over all files: in a loop, or on any pool.</summary>
internal static class Runner
{
    internal static async Task<Run> LoopAsync(string[] files, string[] sample, Display display, CancellationToken cancellation)
    {
        foreach (string path in sample)
            ScanHere(path);

        await using var memory = MemorySampler.Start();
        display.Start("loop", files.Length);
        var outcomes = new Outcome[files.Length];
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < files.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            outcomes[i] = ScanHere(files[i]);
            display.Step();
        }

        return new Run("loop", outcomes, Stopwatch.GetElapsedTime(start), memory.Finish());
    }

    /// <summary>The same on a pool. Nothing here differs between threads and processes, but that only a process can be killed.</summary>
    internal static async Task<Run> PoolAsync(
        string name, WorkerPool pool, string[] files, string[] sample, int workers, Display display, CancellationToken cancellation)
    {
        long created = Stopwatch.GetTimestamp();
        await pool.RunAsync(static () => Environment.ProcessId, cancellationToken: cancellation);
        TimeSpan firstResult = Stopwatch.GetElapsedTime(created);

        await using var memory = MemorySampler.Start();
        var unordered = new MapOptions { Ordered = false, Name = "scan" };
        var known = new HashSet<int>();

        // Threads share one compiler; each process has its own, and needs as much practice as the loop had.
        int rounds = pool.Isolation == Isolation.Process ? workers : 1;
        IEnumerable<string> practice = Enumerable.Repeat(sample, rounds).SelectMany(paths => paths);
        await foreach (var result in pool.MapResultsAsync(practice, static path => ScanOnWorker(path), unordered, cancellation))
        {
            if (result.Succeeded)
                Meet(result.Value.ProcessId);
        }

        display.Start(name, files.Length);
        var outcomes = new Outcome[files.Length];
        var crashes = new List<(long Index, WorkerCrashedException Error)>();
        int fatal = pool.Isolation == Isolation.Process ? files.Length / 2 : -1;
        IEnumerable<Job> jobs = files.Select((path, index) => new Job(path, index == fatal));
        IProgress<int> busy = new Killer();

        long start = Stopwatch.GetTimestamp();
        await foreach (var result in pool.MapResultsAsync(jobs, (job, stop) => ScanOnWorker(job, busy, stop), unordered, cancellation))
        {
            if (result.Succeeded)
            {
                Meet(result.Value.ProcessId);
                outcomes[result.Index] = new Outcome(result.Value.Scan, null);
                display.Step();
            }
            else if (result.Error is WorkerCrashedException crash)
            {
                known.Add(crash.ProcessId);
                crashes.Add((result.Index, crash));
            }
            else
            {
                outcomes[result.Index] = Outcome.Of(result.Error);
                display.Step();
            }
        }

        var lost = new List<Loss>();
        foreach ((long index, WorkerCrashedException crash) in crashes)
        {
            (outcomes[index], int again) = await AgainAsync(pool, files[index], cancellation);
            Meet(again);
            lost.Add(new Loss(files[index], crash.ProcessId, crash.Signal ?? $"exit code {crash.ExitCode}", again));
            display.Step();
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        return new Run(name, outcomes, elapsed, memory.Finish()) { FirstResult = firstResult, Lost = lost, Replaced = Math.Max(0, known.Count - workers) };

        void Meet(int processId)
        {
            if (known.Add(processId))
                memory.Watch(processId);
        }
    }

    private static async Task<(Outcome Outcome, int ProcessId)> AgainAsync(WorkerPool pool, string path, CancellationToken cancellation)
    {
        try
        {
            Answer answer = await pool.RunAsync(
                static (path, _) => ScanOnWorker(path), path, new WorkOptions { Name = "scan again" }, cancellation);
            return (new Outcome(answer.Scan, null), answer.ProcessId);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            return (Outcome.Of(e), 0);
        }
    }

    private static Answer ScanOnWorker(string path) => new(Scanner.Scan(path), Environment.ProcessId);

    private static Answer ScanOnWorker(Job job, IProgress<int> busy, CancellationToken stop)
    {
        if (job.IsFatal)
            Killer.AwaitDeath(busy, stop);

        return ScanOnWorker(job.Path);
    }

    private static Outcome ScanHere(string path)
    {
        try
        {
            return new Outcome(Scanner.Scan(path), null);
        }
        catch (Exception e)
        {
            return Outcome.Of(e);
        }
    }
}
