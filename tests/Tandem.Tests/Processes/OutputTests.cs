using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>What a worker writes arrives, or its loss is reported.</summary>
public sealed partial class OutputTests
{
    private const int LineLength = 1000;
    private const int LinesOfEach = 10 * 1024 * 1024 / LineLength;

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.MappedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public async Task All_that_a_worker_writes_before_it_dies_arrives_or_is_counted(WorkerTransport transport)
    {
        using var log = new CapturedLog();
        await using (WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, Transport = transport, LoggerFactory = log }))
            await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(static () => WriteAndDie()));

        await Eventually.Async(() => Counted(log) == 2 * LinesOfEach, otherwise: () => $"{Counted(log)} of {2 * LinesOfEach} lines.");
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.MappedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public async Task A_process_that_goes_on_writing_to_a_dead_workers_output_holds_nobody_up(WorkerTransport transport)
    {
        using var log = new CapturedLog();
        using var scratch = new Scratch();
        Gate writes = scratch.Gate();
        string path = scratch.File("writer");
        await using WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, Transport = transport, LoggerFactory = log });

        // In a session of its own, it is none of the worker's group. It ends when nobody reads any more.
        await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(() =>
        {
            using var _ = System.Diagnostics.Process.Start("setsid", ["sh", "-c", $"echo more; echo $$ > {path}; : > {writes.Path}; while echo more; do :; done"]);
            writes.Pass();
            Environment.Exit(3);
        }));

        Assert.Equal(1, await pool.RunAsync(static () => 1));
        int writer = int.Parse(await File.ReadAllTextAsync(path), CultureInfo.InvariantCulture);
        await Eventually.Async(() => !ProcFs.IsAlive(writer), otherwise: () => $"The process still writes, and somebody still reads; so far {log.Output.Length} lines.");
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData(WorkerTransport.SharedMemory)]
    [InlineData(WorkerTransport.MappedMemory)]
    [InlineData(WorkerTransport.Portable)]
    public async Task A_process_that_keeps_a_dead_workers_output_open_does_not_keep_the_pool(WorkerTransport transport)
    {
        using var scratch = new Scratch();
        string path = scratch.File("sleeper");
        int sleeper = 0;
        try
        {
            WeakReference engine = await UseAsync();
            Assert.True(ProcFs.IsAlive(sleeper));
            await Eventually.Async(() =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !engine.IsAlive;
            });
        }
        finally
        {
            if (sleeper != 0)
                System.Diagnostics.Process.GetProcessById(sleeper).Kill();
        }

        async Task<WeakReference> UseAsync()
        {
            Gate started = scratch.Gate();
            WorkerPool pool = WorkerPool.Create(new ProcessPoolOptions { MaxWorkers = 1, Transport = transport, LoggerFactory = NullLoggerFactory.Instance });
            await Assert.ThrowsAsync<WorkerCrashedException>(() => pool.RunAsync(() =>
            {
                using var _ = System.Diagnostics.Process.Start("setsid", ["sh", "-c", $"echo $$ > {path}; : > {started.Path}; exec sleep 1000"]);
                started.Pass();
                Environment.Exit(3);
            }));
            sleeper = int.Parse(await File.ReadAllTextAsync(path), CultureInfo.InvariantCulture);
            await pool.DisposeAsync();
            return new WeakReference(pool.Engine);
        }
    }

    private static int Counted(CapturedLog log)
    {
        int count = 0;
        foreach (LogEntry entry in log.Output)
        {
            count++;
            if (Dropped().Match(entry.Text) is { Success: true } dropped)
                count += int.Parse(dropped.Groups[1].Value, CultureInfo.InvariantCulture);
        }

        return count;
    }

    private static void WriteAndDie()
    {
        Thread[] writers = [.. new[] { Console.OpenStandardOutput(), Console.OpenStandardError() }.Select(static stream => new Thread(() =>
        {
            byte[] line = new byte[LineLength];
            Array.Fill(line, (byte)'x');
            line[^1] = (byte)'\n';
            for (int i = 0; i < LinesOfEach; i++)
                stream.Write(line);
        }))];
        foreach (Thread writer in writers)
            writer.Start();
        foreach (Thread writer in writers)
            writer.Join();

        Deaths.Die(Death.Killed);
    }

    [GeneratedRegex(@"\[(\d+) lines were dropped")]
    private static partial Regex Dropped();
}
