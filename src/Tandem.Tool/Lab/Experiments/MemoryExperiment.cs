using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Tool.Lab.Deciding;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Measures the memory of one more thread and one more process, as the kernel accounts for it (smaps_rollup).</summary>
[SupportedOSPlatform("linux")]
internal sealed class MemoryExperiment : LabExperiment
{
    private const int Threads = 64;
    private const string ThreadPrivate = "thread_private_bytes";
    private const string WorkerPrivate = "worker_private_bytes";
    private const string Reserved = "thread_stack_reserved_bytes";

    // Memory does not depend on how busy the machine is. A stack that is only reserved and not touched costs nothing.
    private static readonly LabClaim[] Claims =
    [
        new RatioClaim("a thread costs its stack", ThreadPrivate, Reserved, 0.25) { NeedsQuiet = false },
        new RatioClaim("a .NET process costs a hundred times as much as a thread", WorkerPrivate, ThreadPrivate, 100)
        {
            NeedsQuiet = false
        },
    ];

    internal override string Name => "memory";

    internal override string Question => "What do one more thread and one more process cost?";

    internal override string Expected =>
        "A thread costs its stack, which is a megabyte or more; a .NET process costs a hundred times as much.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        int workers = context.Times(4, 2);
        LabRounds rounds = await LabRounds.MeasureAsync(
            context, Claims, wanted: 3, _ => MeasureAsync(workers, context.CancellationToken)).ConfigureAwait(false);
        double thread = rounds.Median(ThreadPrivate), reserved = rounds.Median(Reserved), worker = rounds.Median(WorkerPrivate),
            proportional = rounds.Median("worker_pss_bytes");
        (string Name, string Key)[] rows =
            [("an idle thread", "thread"), ("an idle process (/bin/sleep)", "process"), ($"one of {workers} idle .NET workers", "worker")];
        var table = new LabTable("Memory of each", ["what", "private", "proportional (PSS)", "shared with others"]);
        var result = new LabResult(
            $"A thread takes {LabFigures.Bytes(thread)} (of {LabFigures.Bytes(reserved)} of addresses that are reserved for it), "
            + $"a worker process {LabFigures.Bytes(worker)} of its own and {LabFigures.Bytes(proportional)} with its share: "
            + $"{LabFigures.Ratio(worker / Math.Max(1, thread))} of a thread.",
            rounds.Decision);
        foreach ((string name, string key) in rows)
        {
            double own = rounds.Median(key + "_private_bytes"), pss = rounds.Median(key + "_pss_bytes");
            table.Row(name, LabFigures.Bytes(own), LabFigures.Bytes(pss), LabFigures.Bytes(rounds.Median(key + "_shared_bytes")));
            result.Values[key + "_private_bytes"] = own;
            result.Values[key + "_pss_bytes"] = pss;
        }

        result.Values[Reserved] = reserved;
        result.Tables.Add(table);
        double[] Column(string kind) => [.. rows.Select(row => rounds.Median($"{row.Key}_{kind}_bytes"))];
        result.Plots.Add((
            Charts.Bars(
                "Memory",
                "bytes",
                [.. rows.Select(static one => one.Name)],
                [("private", Column("private")), ("proportional", Column("pss"))],
                LabFigures.Bytes),
            table));
        return result;
    }

    private static async Task<Dictionary<string, double>> MeasureAsync(int workers, CancellationToken cancellationToken)
    {
        var figures = new Dictionary<string, double>();
        (Usage thread, double reserved) = OfThread();
        figures[Reserved] = reserved;
        Keep("thread", thread);
        using (Process child = Process.Start("/bin/sleep", "60"))
        {
            Keep("process", Usage.Of(child.Id));
            child.Kill();
            await child.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }

        await using WorkerPool pool = WorkerPool.Processes(workers);
        // Each worker runs an item, so that each is started. The items wait for each other; otherwise one worker could run all of them
        // before another one has started.
        using var met = new SharedCounter();
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => pool.RunAsync(
            () =>
            {
                met.Increment();
                SpinWait wait = default;
                while (met.Value < workers)
                    wait.SpinOnce();
            },
            cancellationToken: cancellationToken))).ConfigureAwait(false);
        await pool.MapAsync(Enumerable.Range(0, 64), static i => i, cancellationToken: cancellationToken)
            .ToArrayAsync(cancellationToken).ConfigureAwait(false);
        Usage[] all = [.. pool.Snapshot().Workers.Select(static one => Usage.Of(one.Id))];
        Keep("worker", new Usage(
            all.Average(static one => one.Private), all.Average(static one => one.Proportional), all.Average(static one => one.Shared)));
        return figures;

        void Keep(string key, Usage usage)
        {
            figures[key + "_private_bytes"] = usage.Private;
            figures[key + "_pss_bytes"] = usage.Proportional;
            figures[key + "_shared_bytes"] = usage.Shared;
        }
    }

    /// <summary>The memory of many threads, divided by their number.</summary>
    private static (Usage One, double Reserved) OfThread()
    {
        using var ready = new CountdownEvent(Threads);
        using var end = new ManualResetEventSlim();
        // All memory of a thread is anonymous memory of its process. The other counts also change when other processes map the same files.
        string file = $"/proc/{Environment.ProcessId}/smaps_rollup";
        double before = Sum(file, "Anonymous:");
        double virtualBefore = Status(Environment.ProcessId, "VmSize:");
        var threads = new Thread[Threads];
        for (int i = 0; i < Threads; i++)
        {
            threads[i] = new Thread(() =>
            {
                ready.Signal();
                end.Wait();
            });
            threads[i].Start();
        }

        ready.Wait();
        double one = Math.Max(0, Sum(file, "Anonymous:") - before) / Threads;
        double reserved = (Status(Environment.ProcessId, "VmSize:") - virtualBefore) / Threads;
        end.Set();
        foreach (Thread thread in threads)
            thread.Join();

        return (new Usage(one, one, 0), reserved);
    }

    private static double Status(int processId, string field) => Sum($"/proc/{processId}/status", field);

    private static double Sum(string file, params ReadOnlySpan<string> fields)
    {
        double kibibytes = 0;
        foreach (string line in File.ReadLines(file))
        {
            foreach (string field in fields)
            {
                if (line.StartsWith(field, StringComparison.Ordinal))
                    kibibytes += double.Parse(line.AsSpan(field.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
            }
        }

        return kibibytes * 1024;
    }

    private readonly record struct Usage(double Private, double Proportional, double Shared)
    {
        internal static Usage Of(int processId)
        {
            string file = $"/proc/{processId}/smaps_rollup";
            return new Usage(Sum(file, "Private_Clean:", "Private_Dirty:"), Sum(file, "Pss:"), Sum(file, "Shared_Clean:", "Shared_Dirty:"));
        }
    }
}
