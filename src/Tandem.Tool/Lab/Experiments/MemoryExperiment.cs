using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Tool.Reports;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>What one more thread and one more process cost, as the kernel accounts for it (smaps_rollup).</summary>
[SupportedOSPlatform("linux")]
internal sealed class MemoryExperiment : LabExperiment
{
    private const int Threads = 64;

    internal override string Name => "memory";

    internal override string Question => "What do one more thread and one more process cost?";

    internal override string Expected => "A thread costs its stack, which is a megabyte or more; a .NET process costs a hundred times as much.";

    internal override async Task<LabResult> RunAsync(LabContext context)
    {
        context.Begin("threads");
        (Usage thread, double reserved) = OfThread();
        context.Begin("processes");
        Usage small;
        using (Process child = Process.Start("/bin/sleep", "60"))
        {
            small = Usage.Of(child.Id);
            child.Kill();
            await child.WaitForExitAsync(context.CancellationToken).ConfigureAwait(false);
        }

        int workers = context.Times(4, 2);
        Usage worker;
        await using (WorkerPool pool = WorkerPool.Processes(workers))
        {
            // Each has run something, so that each is there.
            await pool.MapAsync(Enumerable.Range(0, 64), static i => i).ToArrayAsync(context.CancellationToken).ConfigureAwait(false);
            Usage[] all = [.. pool.Snapshot().Workers.Select(static one => Usage.Of(one.Id))];
            worker = new Usage(all.Average(static one => one.Private), all.Average(static one => one.Proportional), all.Average(static one => one.Shared));
        }

        (string Name, string Key, Usage Usage)[] rows = [("an idle thread", "thread", thread), ("an idle process (/bin/sleep)", "process", small), ($"one of {workers} idle .NET workers", "worker", worker)];
        var table = new LabTable("Memory of each", ["what", "private", "proportional (PSS)", "shared with others"]);
        var result = new LabResult(
            $"A thread takes {LabFigures.Bytes(thread.Private)} (of {LabFigures.Bytes(reserved)} of addresses that are reserved for it), a worker process {LabFigures.Bytes(worker.Private)} of its own and {LabFigures.Bytes(worker.Proportional)} with its share: {LabFigures.Ratio(worker.Private / Math.Max(1, thread.Private))} of a thread.",
            // The stack is only reserved: untouched, it costs nothing.
            thread.Private < reserved / 4 ? LabVerdict.Partly : LabVerdict.Holds);
        foreach ((string name, string key, Usage usage) in rows)
        {
            table.Row(name, LabFigures.Bytes(usage.Private), LabFigures.Bytes(usage.Proportional), LabFigures.Bytes(usage.Shared));
            result.Values[key + "_private_bytes"] = usage.Private;
            result.Values[key + "_pss_bytes"] = usage.Proportional;
        }

        result.Values["thread_stack_reserved_bytes"] = reserved;
        result.Tables.Add(table);
        result.Plots.Add((Charts.Bars("Memory", "bytes", [.. rows.Select(static one => one.Name)], [("private", [.. rows.Select(static one => one.Usage.Private)]), ("proportional", [.. rows.Select(static one => one.Usage.Proportional)])], LabFigures.Bytes), table));
        return result;
    }

    /// <summary>The difference that many threads make, to one.</summary>
    private static (Usage One, double Reserved) OfThread()
    {
        using var ready = new CountdownEvent(Threads);
        using var end = new ManualResetEventSlim();
        // All that a thread takes is anonymous memory of its process. The other counts change too when others map the same files.
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
